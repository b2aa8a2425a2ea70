// Messages of protocol buffers, byte by byte, as protobuf.dev/programming-guides/encoding has them.
#include "tern/core/files/protobuf.hpp"

#include <initializer_list>

#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

std::string bytes_of(std::initializer_list<int> values) {
    std::string bytes;
    for (const int value : values) bytes += static_cast<char>(static_cast<unsigned char>(value));
    return bytes;
}

}  // namespace

TEST_CASE("messages are in the wire format of protocol buffers") {
    CHECK(ProtobufMessage().add_integer(1, 150).bytes() == bytes_of({0x08, 0x96, 0x01}));
    CHECK(ProtobufMessage().add_integer(2, -1).bytes() ==
          bytes_of({0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
    CHECK(ProtobufMessage().add_bytes(2, "testing").bytes() == "\x12\x07testing");
    CHECK(ProtobufMessage().add(3, ProtobufMessage().add_integer(1, 150)).bytes() ==
          bytes_of({0x1a, 0x03, 0x08, 0x96, 0x01}));
    CHECK(ProtobufMessage().add_float(2, 1).bytes() == bytes_of({0x15, 0, 0, 0x80, 0x3f}));
    CHECK(ProtobufMessage().add_double(1, 1).bytes() == bytes_of({0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f}));
    CHECK(ProtobufMessage().add_integer(16, 0).bytes() == bytes_of({0x80, 0x01, 0x00}));
}

TEST_CASE("numbers lie with the lowest byte first, and lengths are of all bytes") {
    CHECK(little_endian(std::uint32_t{0x01020304}) == bytes_of({4, 3, 2, 1}));
    const std::string zeros(300, '\0');
    CHECK(ProtobufMessage().add_bytes(1, zeros).bytes() == bytes_of({0x0a, 0xac, 0x02}) + zeros);
    CHECK(ProtobufMessage().add_integer(8, INT64_MAX).bytes() ==
          bytes_of({0x40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}));
    CHECK(ProtobufMessage().bytes().empty());
}
