// Protocol buffers, as far as the files that are written have them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tern {

/// One message in the wire format (protobuf.dev/programming-guides/encoding): fields by number, each with its type.
class ProtobufMessage {
  public:
    ProtobufMessage& add_integer(int field, std::int64_t value);    // int64, enum: a varint
    ProtobufMessage& add_double(int field, double value);           // 8 bytes
    ProtobufMessage& add_float(int field, float value);             // 4 bytes
    ProtobufMessage& add_bytes(int field, std::string_view value);  // string, bytes
    ProtobufMessage& add(int field, const ProtobufMessage& value);  // a message within
    const std::string& bytes() const { return bytes_; }

  private:
    void add_varint(std::uint64_t value);
    void add_tag(int field, int wire_type);

    std::string bytes_;
};

/// The lowest byte first, as protocol buffers and TFRecord files have numbers. T: an unsigned type.
template <class T>
std::string little_endian(T value) {
    std::string bytes;
    for (std::size_t i = 0; i < sizeof value; ++i)
        bytes += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
    return bytes;
}

}  // namespace tern
