// Numbers that users compile into their programs. The left column of numbers is written down here a second time on
// purpose: it is what NCCL documents (0 to 99), and what weft has promised (from 100).
#include <gtest/gtest.h>
#include <weft/weft.h>

#include "base/dtype.h"
#include "base/status.h"

namespace weft {
namespace {

struct Row {
  int documented;
  int here;
  const char* name;
};

void expect_equal(std::initializer_list<Row> rows) {
  for (const Row& row : rows) EXPECT_EQ(row.documented, row.here) << row.name;
}

// every result
// expect: NCCL's number, or weft's own
TEST(Values, results) {
  expect_equal({{0, weftSuccess, "Success"},
                {1, weftUnhandledCudaError, "UnhandledCudaError"},
                {2, weftSystemError, "SystemError"},
                {3, weftInternalError, "InternalError"},
                {4, weftInvalidArgument, "InvalidArgument"},
                {5, weftInvalidUsage, "InvalidUsage"},
                {6, weftRemoteError, "RemoteError"},
                {7, weftInProgress, "InProgress"},
                {8, weftTimeout, "Timeout"},
                {100, weftMismatch, "Mismatch"},
                {101, weftForked, "Forked"},
                {102, weftAborted, "Aborted"},
                {103, weftVersionMismatch, "VersionMismatch"},
                {104, weftConfigMismatch, "ConfigMismatch"},
                {105, weftNotJoined, "NotJoined"},
                {106, weftOutOfResource, "OutOfResource"}});
}

// every data type, under each of its names
// expect: NCCL's number
TEST(Values, data_types) {
  expect_equal({{0, weftInt8, "Int8"},
                {0, weftChar, "Char"},
                {1, weftUint8, "Uint8"},
                {2, weftInt32, "Int32"},
                {2, weftInt, "Int"},
                {3, weftUint32, "Uint32"},
                {4, weftInt64, "Int64"},
                {5, weftUint64, "Uint64"},
                {6, weftFloat16, "Float16"},
                {6, weftHalf, "Half"},
                {7, weftFloat32, "Float32"},
                {7, weftFloat, "Float"},
                {8, weftFloat64, "Float64"},
                {8, weftDouble, "Double"},
                {9, weftBfloat16, "Bfloat16"},
                {10, weftFloat8e4m3, "e4m3"},
                {11, weftFloat8e5m2, "e5m2"},
                {12, weftNumTypes, "NumTypes"}});
}

// every operator
// expect: NCCL's number
TEST(Values, operators) {
  expect_equal({{0, weftSum, "Sum"},
                {1, weftProd, "Prod"},
                {2, weftMax, "Max"},
                {3, weftMin, "Min"},
                {4, weftAvg, "Avg"},
                {5, weftNumOps, "NumOps"}});
}

// the inner names of types, operators and codes
// expect: the values of the C API
TEST(Values, inner_names_agree) {
  expect_equal({{weftNumTypes, kDataTypeCount, "types"},
                {weftNumOps, kOperatorCount, "operators"},
                {weftFloat16, static_cast<int>(DataType::float16), "float16"},
                {weftBfloat16, static_cast<int>(DataType::bfloat16), "bfloat16"},
                {weftFloat8e5m2, static_cast<int>(DataType::float8_e5m2), "float8_e5m2"},
                {weftAvg, static_cast<int>(Operator::avg), "avg"},
                {weftTimeout, static_cast<int>(Code::timeout), "timeout"},
                {weftMismatch, static_cast<int>(Code::mismatch), "mismatch"},
                {weftOutOfResource, static_cast<int>(Code::resource), "resource"}});
}

// every verdict
// expect: the number that programs were built with
TEST(Values, verdicts) {
  expect_equal({{0, weftVerdictNone, "None"},
                {1, weftVerdictDied, "Died"},
                {2, weftVerdictLeft, "Left"},
                {3, weftVerdictMismatch, "Mismatch"},
                {4, weftVerdictTimeout, "Timeout"},
                {5, weftVerdictAborted, "Aborted"},
                {6, weftVerdictResource, "Resource"},
                {7, weftVerdictOther, "Other"},
                {8, weftVerdictNotJoined, "NotJoined"},
                {9, weftVerdictOrderCycle, "OrderCycle"},
                {10, weftVerdictStopped, "Stopped"},
                {11, weftVerdictSlowRank, "SlowRank"},
                {12, weftVerdictCorrupt, "Corrupt"}});
}

// what a unique id costs to pass on, and the size of enumerations in structs of other languages
// expect: NCCL's 128 bytes, and int
TEST(Values, sizes) {
  EXPECT_EQ(sizeof(weftUniqueId), 128u);
  EXPECT_EQ(sizeof(weftResult_t), sizeof(int));
  EXPECT_EQ(sizeof(weftDataType_t), sizeof(int));
  EXPECT_EQ(sizeof(weftRedOp_t), sizeof(int));
}

// the version in the header, and the one that the build puts on the library
// expect: equal
TEST(Values, version) {
  EXPECT_EQ(std::to_string(WEFT_VERSION_MAJOR) + "." + std::to_string(WEFT_VERSION_MINOR) + "." +
                std::to_string(WEFT_VERSION_PATCH),
            WEFT_PROJECT_VERSION);
}

}  // namespace
}  // namespace weft
