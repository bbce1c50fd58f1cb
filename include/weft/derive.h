/* Communicators made from communicators: parts of one, or one with more ranks. weftCommShrink is in faults.h. */
#ifndef WEFT_DERIVE_H
#define WEFT_DERIVE_H

#include <weft/config.h>
#include <weft/result.h>
#include <weft/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_SPLIT_NOCOLOR (-1)

/* Cuts `comm` into parts: ranks with the same `color` (0 or more) form one, ordered by `key`, and by their rank in
 * `comm` where keys are equal. WEFT_SPLIT_NOCOLOR: this rank takes part in the call but gets no communicator
 * (`*newcomm` becomes NULL). Collective: every rank of `comm` calls it, in order with its other collectives; blocks, at
 * most init_timeout seconds. On success all members of the part have it too. It survives deaths: when ranks die before
 * or during it, the others split among themselves, and all get the same outcome; `comm` itself may have failed of it.
 * `comm` stays as it is, and the parts outlive it. `config`: of the new communicator; NULL: as that of `comm`, without
 * its name.
 * Source: MPI_Comm_split, ncclCommSplit. */
WEFT_API weftResult_t weftCommSplit(weftComm_t comm, int color, int key, weftComm_t* newcomm,
                                    const weftConfig_t* config);

/* Draws the id by which new ranks are admitted to `comm` by weftCommGrow, and starts listening for them in this
 * process. One rank calls it and sends the id to the new ranks by any means it trusts. Any thread. */
WEFT_API weftResult_t weftCommGetUniqueId(weftComm_t comm, weftUniqueId* id);

/* Makes a communicator of `nranks` ranks: those of `comm`, with the numbers that they have, and new ones behind them.
 * Ranks of `comm` pass it, and -1 as `rank`; the one that drew the id passes its address, the others NULL. New ranks
 * pass NULL as `comm`, the id, and their number, from the size of `comm` to nranks - 1. Blocks until all have come, at
 * most init_timeout seconds; then it fails with weftNotJoined and names those that did not. When it fails `comm` still
 * is what it was: shrink it if a rank died, and grow again with a new id. `comm` stays; destroy it when the new one is
 * there. `config` as in weftCommSplit; for new ranks NULL is the environment's.
 * Source: ncclCommGrow. */
WEFT_API weftResult_t weftCommGrow(weftComm_t comm, int nranks, const weftUniqueId* id, int rank, weftComm_t* newcomm,
                                   const weftConfig_t* config);

#ifdef __cplusplus
}
#endif
#endif
