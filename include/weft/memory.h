/* Memory that ranks of one host can share. */
#ifndef WEFT_MEMORY_H
#define WEFT_MEMORY_H

#include <stddef.h>
#include <weft/result.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Allocates `size` bytes (above 0) of zeroed memory, aligned to a page, that other ranks of this host can map:
 * collectives may then work on it in place of staging. Any thread. The memory is shared with children after fork. */
WEFT_API weftResult_t weftMemAlloc(void** pointer, size_t size);

/* Frees memory of weftMemAlloc; any other address is weftInvalidArgument. NULL is allowed and does nothing. */
WEFT_API weftResult_t weftMemFree(void* pointer);

#ifdef __cplusplus
}
#endif
#endif
