/* Results and errors. Every function of weft returns a weftResult_t unless its comment says otherwise. */
#ifndef WEFT_RESULT_H
#define WEFT_RESULT_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WEFT_API __attribute__((visibility("default")))
#else
#define WEFT_API
#endif

#define WEFT_VERSION_MAJOR 0
#define WEFT_VERSION_MINOR 1
#define WEFT_VERSION_PATCH 0
#define WEFT_VERSION_CODE (WEFT_VERSION_MAJOR * 10000 + WEFT_VERSION_MINOR * 100 + WEFT_VERSION_PATCH)

/* Values 0 to 8 are NCCL's; weft's own begin at 100. */
typedef enum {
  weftSuccess = 0,
  weftUnhandledCudaError = 1,
  weftSystemError = 2,     /* a system call failed; the text has errno */
  weftInternalError = 3,   /* a bug in weft */
  weftInvalidArgument = 4, /* an argument is wrong; the text names it, its value and the fix */
  weftInvalidUsage = 5,    /* the call is not allowed now, or the environment contradicts itself */
  weftRemoteError = 6,     /* a peer died or left; the text names it */
  weftInProgress = 7,
  weftTimeout = 8,           /* a deadline passed */
  weftMismatch = 100,        /* ranks called different collectives, or with different arguments */
  weftForked = 101,          /* the communicator belongs to the parent of this process */
  weftAborted = 102,         /* weftCommAbort was called */
  weftVersionMismatch = 103, /* ranks run different versions of weft */
  weftConfigMismatch = 104,  /* a WEFT_* variable is malformed, or differs between ranks where it must not */
  weftNotJoined = 105,       /* ranks did not come to initialisation in time; the text names them */
  weftOutOfResource = 106    /* memory, file descriptors or another limit; the text says which */
} weftResult_t;

/* Stores WEFT_VERSION_CODE of the library (not of this header). `version` must not be NULL. Any thread. */
WEFT_API weftResult_t weftGetVersion(int* version);

/* A short constant text for a result code, never NULL; for the full story see weftGetLastError. Any thread. */
WEFT_API const char* weftGetErrorString(weftResult_t result);

#ifdef __cplusplus
}
#endif
#endif
