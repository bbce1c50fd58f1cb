/* Communicators: making, asking, ending. */
#ifndef WEFT_INIT_H
#define WEFT_INIT_H

#include <weft/config.h>
#include <weft/result.h>
#include <weft/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Draws a unique id and starts listening for the ranks that will present it, in this process, on an abstract unix
 * socket and on a TCP port; both addresses and a 32-byte secret are inside the id. Call it in one process, send the id
 * to the others, then every rank calls weftCommInitRank. The process must live until that is done. Any thread. */
WEFT_API weftResult_t weftGetUniqueId(weftUniqueId* id);

/* Joins a communicator of `nranks` ranks as number `rank` (0 to nranks - 1). Every rank must call it with the same id;
 * ranks may be processes or threads of one process. Blocks until all have come, at most WEFT_INIT_TIMEOUT seconds
 * (120); then it fails with weftNotJoined and the text names the ranks that did not come. `*comm` is set only on
 * success. */
WEFT_API weftResult_t weftCommInitRank(weftComm_t* comm, int nranks, weftUniqueId id, int rank);

/* The same with a configuration; NULL is none. */
WEFT_API weftResult_t weftCommInitRankConfig(weftComm_t* comm, int nranks, weftUniqueId id, int rank,
                                             const weftConfig_t* config);

/* Makes a communicator of `nranks` ranks that all live in this process; comms[i] becomes rank i. Use each from a thread
 * of its own: collectives block. `devices` must be NULL (host memory). */
WEFT_API weftResult_t weftCommInitAll(weftComm_t* comms, int nranks, const int* devices);

/* Joins the communicator of all processes that a launcher started: `weft run`, torchrun, mpirun of Open MPI or MPICH,
 * or anything that sets WEFT_RANK, WEFT_NRANKS and WEFT_ROOT. Without any launcher it makes a communicator of one rank.
 * Missing or contradicting variables are weftInvalidUsage, and the text names them. */
WEFT_API weftResult_t weftCommInitEnv(weftComm_t* comm);

/* The same with a configuration; NULL is none. */
WEFT_API weftResult_t weftCommInitEnvConfig(weftComm_t* comm, const weftConfig_t* config);

/* The number of ranks, and this rank's number. Any thread; never block. */
WEFT_API weftResult_t weftCommCount(weftComm_t comm, int* count);
WEFT_API weftResult_t weftCommUserRank(weftComm_t comm, int* rank);

/* Ends this rank's membership. Call it when no call on `comm` is under way in another thread. Ranks need not call it at
 * the same time; a rank that still waits for data that this one never sent gets weftRemoteError. The handle is invalid
 * afterwards. NULL is allowed and does nothing. */
WEFT_API weftResult_t weftCommDestroy(weftComm_t comm);

/* Stops everything on `comm`, from any thread, at once: calls under way in other threads return weftAborted, and so do
 * the other ranks' calls, with a text that names this rank. Local and bounded; frees the handle when those calls have
 * returned. NULL is allowed and does nothing. */
WEFT_API weftResult_t weftCommAbort(weftComm_t comm);

/* Stores the communicator's first error, or weftSuccess while there is none, without blocking. Any thread. */
WEFT_API weftResult_t weftCommGetAsyncError(weftComm_t comm, weftResult_t* error);

/* The full text of the last error: of `comm` if it has failed, else of this thread's last call that failed. Never NULL;
 * empty if there was none. Begins with the name of `comm`, if its configuration gave it one. Valid until this thread's
 * next call of weft. `comm` may be NULL. */
WEFT_API const char* weftGetLastError(weftComm_t comm);

#ifdef __cplusplus
}
#endif
#endif
