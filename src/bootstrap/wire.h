// Numbers and texts in bytes, little-endian, without padding: the only way the bootstrap lays out what it sends. A
// reader never reads past its bytes: after the first overrun every read gives zero or empty and `ok` is false.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weft {

class ByteWriter {
 public:
  template <typename T>
  ByteWriter& number(T value) {
    static_assert(std::is_unsigned_v<T>);
    for (size_t i = 0; i < sizeof(T); ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  ByteWriter& raw(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  ByteWriter& raw(std::span<const uint8_t> bytes) { return raw(std::as_bytes(bytes)); }
  // A 32-bit length, then the bytes.
  ByteWriter& blob(std::span<const std::byte> bytes) { return number(static_cast<uint32_t>(bytes.size())).raw(bytes); }
  ByteWriter& text(std::string_view text) { return blob(std::as_bytes(std::span(text))); }

  size_t size() const { return bytes_.size(); }
  const std::vector<std::byte>& bytes() const { return bytes_; }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : left_(bytes) {}

  template <typename T>
  T number() {
    static_assert(std::is_unsigned_v<T>);
    T value = 0;
    const auto bytes = take(sizeof(T));
    for (size_t i = 0; i < bytes.size(); ++i) value = static_cast<T>(value | static_cast<T>(bytes[i]) << (8 * i));
    return value;
  }
  void raw(std::span<std::byte> target) {
    const auto bytes = take(target.size());
    std::copy(bytes.begin(), bytes.end(), target.begin());
  }
  void raw(std::span<uint8_t> target) { raw(std::as_writable_bytes(target)); }
  // What `blob` wrote, at most `most` bytes.
  std::span<const std::byte> blob(size_t most) {
    const size_t length = number<uint32_t>();
    if (length > most) ok_ = false;
    return take(length);
  }
  std::string text(size_t most) {
    const auto bytes = blob(most);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && left_.empty(); }

 private:
  std::span<const std::byte> take(size_t count) {
    if (count > left_.size()) ok_ = false;
    if (!ok_) return {};
    const auto taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }

  std::span<const std::byte> left_;
  bool ok_ = true;
};

}  // namespace weft
