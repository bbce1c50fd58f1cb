/* Collectives. Every rank of the communicator calls the same ones in the same order, with the same count, type,
 * operator and root; a disagreement that a rank can see is weftMismatch, never a wrong result.
 *
 * Common to all:
 *   counts    are elements of `datatype`, not bytes; 0 is allowed and moves nothing. Up to 2^40 - 1.
 *   buffers   are host memory, aligned to the size of the type. They may be the same where the function says "in
 * place"; otherwise they must not overlap. With count 0 they may be NULL. stream    is a void*: what it points to
 * follows from the communicator's device and is never guessed. Communicators of host memory take NULL only, which
 * means: block until this rank's part is done and its result is there. blocking  while all peers are alive a call waits
 * for them without limit, unless WEFT_TIMEOUT sets one (a line is logged every 10 s); when a peer dies it returns
 * weftRemoteError and names it. errors    stick: after a communication error every later call on the communicator
 * returns it. Wrong arguments (weftInvalidArgument) do not: nothing was sent. threads   one call at a time per
 * communicator; different communicators are independent.
 */
#ifndef WEFT_COLLECTIVES_H
#define WEFT_COLLECTIVES_H

#include <stddef.h>
#include <weft/config.h>
#include <weft/result.h>
#include <weft/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* recvbuff[i] = op over all ranks of sendbuff[i], on every rank, with the same bits on every rank.
 * In place: sendbuff == recvbuff. Both hold `count` elements. */
WEFT_API weftResult_t weftAllReduce(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                    weftRedOp_t op, weftComm_t comm, void* stream);

/* Rank r gets block r of the reduced vector: recvbuff holds `recvcount` elements, sendbuff nranks * recvcount.
 * In place: recvbuff == sendbuff + rank * recvcount. */
WEFT_API weftResult_t weftReduceScatter(const void* sendbuff, void* recvbuff, size_t recvcount, weftDataType_t datatype,
                                        weftRedOp_t op, weftComm_t comm, void* stream);

/* Every rank gets the blocks of all, in rank order: sendbuff holds `sendcount` elements, recvbuff nranks * sendcount.
 * In place: sendbuff == recvbuff + rank * sendcount. */
WEFT_API weftResult_t weftAllGather(const void* sendbuff, void* recvbuff, size_t sendcount, weftDataType_t datatype,
                                    weftComm_t comm, void* stream);

/* recvbuff of every rank = sendbuff of `root`. sendbuff is read on the root only and may be NULL elsewhere.
 * In place: sendbuff == recvbuff. */
WEFT_API weftResult_t weftBroadcast(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                    int root, weftComm_t comm, void* stream);

/* recvbuff of `root` = op over all ranks of sendbuff. recvbuff is written on the root only and may be NULL elsewhere.
 * In place (at the root): sendbuff == recvbuff. */
WEFT_API weftResult_t weftReduce(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                 weftRedOp_t op, int root, weftComm_t comm, void* stream);

/* The same calls with a configuration of their own: a deadline, for example. NULL is none: the plain call. */
WEFT_API weftResult_t weftAllReduceConfig(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                          weftRedOp_t op, weftComm_t comm, void* stream,
                                          const weftCallConfig_t* config);
WEFT_API weftResult_t weftReduceScatterConfig(const void* sendbuff, void* recvbuff, size_t recvcount,
                                              weftDataType_t datatype, weftRedOp_t op, weftComm_t comm, void* stream,
                                              const weftCallConfig_t* config);
WEFT_API weftResult_t weftAllGatherConfig(const void* sendbuff, void* recvbuff, size_t sendcount,
                                          weftDataType_t datatype, weftComm_t comm, void* stream,
                                          const weftCallConfig_t* config);
WEFT_API weftResult_t weftBroadcastConfig(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                          int root, weftComm_t comm, void* stream, const weftCallConfig_t* config);
WEFT_API weftResult_t weftReduceConfig(const void* sendbuff, void* recvbuff, size_t count, weftDataType_t datatype,
                                       weftRedOp_t op, int root, weftComm_t comm, void* stream,
                                       const weftCallConfig_t* config);

#ifdef __cplusplus
}
#endif
#endif
