/* Handles, data types and operators. The enumerators have NCCL's values. */
#ifndef WEFT_TYPES_H
#define WEFT_TYPES_H

#ifdef __cplusplus
extern "C" {
#endif

/* One rank's membership in a group of ranks. Created by the functions of init.h, ended by weftCommDestroy or
 * weftCommAbort. */
typedef struct weftComm* weftComm_t;

#define WEFT_UNIQUE_ID_BYTES 128
/* Names a communicator to be: where its root listens, and a secret. Opaque; copy it to every rank by any means you
 * trust. */
typedef struct {
  char internal[WEFT_UNIQUE_ID_BYTES];
} weftUniqueId;

typedef enum {
  weftInt8 = 0,
  weftChar = 0,
  weftUint8 = 1,
  weftInt32 = 2,
  weftInt = 2,
  weftUint32 = 3,
  weftInt64 = 4,
  weftUint64 = 5,
  weftFloat16 = 6, /* IEEE binary16 */
  weftHalf = 6,
  weftFloat32 = 7,
  weftFloat = 7,
  weftFloat64 = 8,
  weftDouble = 8,
  weftBfloat16 = 9,
  weftFloat8e4m3 = 10, /* OCP 8-bit: 4 exponent bits, no infinity, one NaN pattern per sign */
  weftFloat8e5m2 = 11, /* OCP 8-bit: 5 exponent bits, infinities as in IEEE */
  weftNumTypes = 12
} weftDataType_t;

/* Integers wrap around. 16- and 8-bit floats are added in float32 and rounded to nearest even each time a partial
 * result is stored or sent. min and max follow IEEE 754-2019 minimum and maximum: NaN wins. avg is the sum divided by
 * the number of ranks (integers: truncated towards zero). */
typedef enum { weftSum = 0, weftProd = 1, weftMax = 2, weftMin = 3, weftAvg = 4, weftNumOps = 5 } weftRedOp_t;

#ifdef __cplusplus
}
#endif
#endif
