// Data types and reduction operators, with the values of the C API (and so of NCCL).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weft {

// As wide as the arguments of the C API, so that a wrong value survives until it is checked.
enum class DataType : int {
  int8 = 0,
  uint8 = 1,
  int32 = 2,
  uint32 = 3,
  int64 = 4,
  uint64 = 5,
  float16 = 6,
  float32 = 7,
  float64 = 8,
  bfloat16 = 9,
  float8_e4m3 = 10,
  float8_e5m2 = 11,
};
inline constexpr int kDataTypeCount = 12;

enum class Operator : int { sum = 0, prod = 1, max = 2, min = 3, avg = 4 };
inline constexpr int kOperatorCount = 5;

inline constexpr std::array<uint8_t, kDataTypeCount> kDataTypeBytes = {1, 1, 4, 4, 8, 8, 2, 4, 8, 2, 1, 1};
inline constexpr std::array<std::string_view, kDataTypeCount> kDataTypeNames = {
    "int8",    "uint8",   "int32",   "uint32",   "int64",       "uint64",
    "float16", "float32", "float64", "bfloat16", "float8_e4m3", "float8_e5m2"};
inline constexpr std::array<std::string_view, kOperatorCount> kOperatorNames = {"sum", "prod", "max", "min", "avg"};

constexpr size_t bytes_of(DataType type) {
  return kDataTypeBytes[static_cast<size_t>(type)];
}
constexpr std::string_view name_of(DataType type) {
  return kDataTypeNames[static_cast<size_t>(type)];
}
constexpr std::string_view name_of(Operator op) {
  return kOperatorNames[static_cast<size_t>(op)];
}

constexpr std::optional<DataType> data_type_of(int value) {
  if (value < 0 || value >= kDataTypeCount) return std::nullopt;
  return static_cast<DataType>(value);
}
constexpr std::optional<Operator> operator_of(int value) {
  if (value < 0 || value >= kOperatorCount) return std::nullopt;
  return static_cast<Operator>(value);
}

}  // namespace weft
