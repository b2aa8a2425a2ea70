// The checksum of TFRecord files.
#pragma once

#include <cstdint>
#include <string_view>

namespace tern {

/// CRC-32C, the Castagnoli polynomial 0x1EDC6F41 (RFC 3720, section 12.1 and appendix B.4).
std::uint32_t crc32c(std::string_view bytes);

/// As TFRecord files hold it: rotated right by 15 bits, plus 0xA282EAD8, so that a sum over bytes that hold sums is not
/// easily right by chance.
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace tern
