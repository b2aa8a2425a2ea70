#include "tern/core/files/protobuf.hpp"

#include <bit>

namespace tern {
namespace {

enum WireType { varint = 0, eight_bytes = 1, with_length = 2, four_bytes = 5 };

}  // namespace

// Seven bits in a byte, the lowest first; all but the last have the eighth.
void ProtobufMessage::add_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(static_cast<unsigned char>(value | 0x80));
    bytes_ += static_cast<char>(static_cast<unsigned char>(value));
}

void ProtobufMessage::add_tag(int field, int wire_type) {
    add_varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(wire_type));
}

ProtobufMessage& ProtobufMessage::add_integer(int field, std::int64_t value) {
    add_tag(field, varint);
    add_varint(static_cast<std::uint64_t>(value));
    return *this;
}

ProtobufMessage& ProtobufMessage::add_double(int field, double value) {
    add_tag(field, eight_bytes);
    bytes_ += little_endian(std::bit_cast<std::uint64_t>(value));
    return *this;
}

ProtobufMessage& ProtobufMessage::add_float(int field, float value) {
    add_tag(field, four_bytes);
    bytes_ += little_endian(std::bit_cast<std::uint32_t>(value));
    return *this;
}

ProtobufMessage& ProtobufMessage::add_bytes(int field, std::string_view value) {
    add_tag(field, with_length);
    add_varint(value.size());
    bytes_ += value;
    return *this;
}

ProtobufMessage& ProtobufMessage::add(int field, const ProtobufMessage& value) {
    return add_bytes(field, value.bytes());
}

}  // namespace tern
