/* Configuration of communicators and of single calls. A structure begins with its size, so that programs built with an
 * older header go on working: fields that they do not have keep their defaults. Initialise with the macro, then set
 * what you want. */
#ifndef WEFT_CONFIG_H
#define WEFT_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <weft/result.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_CONFIG_MAGIC 0x77656674u
#define WEFT_CONFIG_NAME_MAX 63
/* A timeout that is not set here: the communicator's own for a call, the environment's for a communicator. */
#define WEFT_TIMEOUT_DEFAULT (-1.0)

/* Of a communicator. Children that weftCommShrink makes inherit it; weftCommSplit and weftCommGrow take one of their
 * own, and inherit the parent's where they get NULL. */
typedef struct {
  size_t size;         /* sizeof(weftConfig_t) */
  uint32_t magic;      /* WEFT_CONFIG_MAGIC */
  uint32_t version;    /* WEFT_VERSION_CODE of the header */
  const char* name;    /* what reports call it, at most WEFT_CONFIG_NAME_MAX bytes, copied; NULL: no name */
  double timeout;      /* seconds that a collective may take; 0: no limit; default: WEFT_TIMEOUT */
  double init_timeout; /* seconds for making, splitting, growing or shrinking it; default: WEFT_INIT_TIMEOUT */
} weftConfig_t;

#define WEFT_CONFIG_INITIALIZER \
  { sizeof(weftConfig_t), WEFT_CONFIG_MAGIC, WEFT_VERSION_CODE, NULL, WEFT_TIMEOUT_DEFAULT, WEFT_TIMEOUT_DEFAULT }

/* Of one call. */
typedef struct {
  size_t size;      /* sizeof(weftCallConfig_t) */
  uint32_t magic;   /* WEFT_CONFIG_MAGIC */
  uint32_t version; /* WEFT_VERSION_CODE of the header */
  double timeout;   /* seconds; 0: no limit; default: the communicator's. May differ between ranks. */
} weftCallConfig_t;

#define WEFT_CALL_CONFIG_INITIALIZER \
  { sizeof(weftCallConfig_t), WEFT_CONFIG_MAGIC, WEFT_VERSION_CODE, WEFT_TIMEOUT_DEFAULT }

#ifdef __cplusplus
}
#endif
#endif
