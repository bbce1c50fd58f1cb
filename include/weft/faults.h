/* Faults: who is gone, and how the others go on. */
#ifndef WEFT_FAULTS_H
#define WEFT_FAULTS_H

#include <stddef.h>
#include <stdint.h>
#include <weft/result.h>
#include <weft/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a communicator failed of. */
typedef enum {
  weftVerdictNone = 0,     /* it has not failed */
  weftVerdictDied = 1,     /* ranks died; failed_ranks names them, the same on all that live */
  weftVerdictLeft = 2,     /* a rank destroyed its communicator, or gave up, while others waited for it */
  weftVerdictMismatch = 3, /* ranks called different collectives, or with different arguments */
  weftVerdictTimeout = 4,  /* an operation took longer than WEFT_TIMEOUT, and nobody in particular is to blame */
  weftVerdictAborted = 5,  /* weftCommAbort or weftCommRevoke was called */
  weftVerdictResource = 6, /* memory, file descriptors or another limit */
  weftVerdictOther = 7,    /* weftGetLastError tells */
  /* Of a timeout, by what held the operation up when it ended: */
  weftVerdictNotJoined = 8,  /* ranks that live have not called it */
  weftVerdictOrderCycle = 9, /* they wait on another communicator, for ranks that wait here */
  weftVerdictStopped = 10,   /* or, with failed_ranks, of a death: a rank says nothing, it is stopped or cut off */
  weftVerdictSlowRank = 11,  /* a rank called it when more than half of the time was over */
  weftVerdictCorrupt = 12    /* a rank sent what makes no sense, or its memory does not hold what it should */
} weftVerdict_t;

typedef struct {
  weftVerdict_t verdict;
  weftResult_t result; /* the communicator's first error, as weftCommGetAsyncError gives it */
  uint64_t operation;  /* the number of this rank's latest collective on the communicator, from 1; 0: none */
  int failed_count;    /* how many ranks died */
} weftFailure_t;

/* Stores what `comm` failed of in `*failure`, and the ranks that died, ascending, in `failed_ranks`, at most `capacity`
 * of them (NULL and 0: none). Ranks that live get the same list once their calls on `comm` have returned
 * weftRemoteError. Any thread; never blocks. */
WEFT_API weftResult_t weftCommGetFailure(weftComm_t comm, weftFailure_t* failure, int* failed_ranks, int capacity);

/* Stops `comm` on all ranks: calls under way and later ones return weftAborted. The handle stays valid: destroy it, or
 * make a smaller communicator from it with weftCommShrink. Any thread; never blocks. */
WEFT_API weftResult_t weftCommRevoke(weftComm_t comm);

/* Makes a communicator of the ranks of `comm` that live; they keep their order. No list of the dead is needed: the
 * survivors agree on it. Every rank that lives must call it, whether `comm` has failed or not, when no collective on
 * `comm` is under way on that rank; it blocks until all have, at most WEFT_INIT_TIMEOUT seconds, then it fails with
 * weftNotJoined, names the ranks that did not call, and may be called again. Ranks that die meanwhile are left out, or,
 * if they die late, fail the new communicator. `comm` stays as it was: destroy it. `*newcomm` is set only on success.
 * Source: shrink and agreement of User Level Failure Mitigation (MPI Forum, ULFM). */
WEFT_API weftResult_t weftCommShrink(weftComm_t comm, weftComm_t* newcomm);

/* weftAllReduce that completes among whoever is left. When ranks die before or during it, the survivors start again
 * without them, and return weftSuccess with the same result and the same contributors: the ranks of `comm`, ascending,
 * whose sendbuff is in the result, exactly. `contributors` holds at least as many ints as `comm` has ranks;
 * `*contributor_count` says how many were stored. It goes on working after deaths, call after call, when other calls on
 * `comm` return weftRemoteError; weftCommShrink makes those possible again. Deaths are all it survives: a mismatch, an
 * abort or a timeout are errors as everywhere. Costs an agreement beyond the all_reduce, and a copy when in place.
 * Every rank that lives must call it. Blocks; `stream` must be NULL.
 * Source: the agreement of User Level Failure Mitigation (MPI Forum, ULFM), which makes the outcome the same for all.
 */
WEFT_API weftResult_t weftAllReduceSurvivors(const void* sendbuff, void* recvbuff, size_t count,
                                             weftDataType_t datatype, weftRedOp_t op, weftComm_t comm, void* stream,
                                             int* contributors, int* contributor_count);

#ifdef __cplusplus
}
#endif
#endif
