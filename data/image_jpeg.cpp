#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it
#include <cstring>

#include <jpeglib.h>
// jerror.h needs jpeglib.h
#include <jerror.h>

#include "tern/data/image_formats.hpp"

namespace tern::image_formats {
namespace {

// Files that people make have about ten; each goes over the whole image.
constexpr int kMostScans = 100;

// libjpeg leaves by longjmp where an image is damaged. All that it leaves behind lies here, outside the
// frames that it jumps over; those hold nothing with a destructor.
struct Reader {
    explicit Reader(Bytes all) : bytes(all) {}
    ~Reader() { jpeg_destroy_decompress(&jpeg); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    jpeg_decompress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg_progress_mgr progress{};
    std::jmp_buf escape{};
    Bytes bytes;
    std::array<char, JMSG_LENGTH_MAX> message{};
    std::uint8_t* pixels = nullptr;  // (height, row_bytes)
    std::size_t row_bytes = 0;
};

[[noreturn]] void on_error(j_common_ptr jpeg) {
    auto& reader = *static_cast<Reader*>(jpeg->client_data);
    jpeg->err->format_message(jpeg, reader.message.data());
    std::longjmp(reader.escape, 1);
}

// libjpeg continues after damage, with grey or noise for what is missing. Harmless oddities pass.
void on_message(j_common_ptr jpeg, int level) {
    constexpr std::array kDamage{JWRN_ARITH_BAD_CODE, JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_JPEG_EOF,
                                 JWRN_MUST_RESYNC};
    if (level < 0 && std::ranges::find(kDamage, jpeg->err->msg_code) != kDamage.end()) on_error(jpeg);
}

void on_progress(j_common_ptr jpeg) {
    auto& reader = *static_cast<Reader*>(jpeg->client_data);
    if (reader.jpeg.input_scan_number <= kMostScans) return;
    std::snprintf(reader.message.data(), reader.message.size(), "it has more than %d scans", kMostScans);
    std::longjmp(reader.escape, 1);
}

// The one place that libjpeg jumps to.
bool finishes(Reader& reader, void (*stage)(Reader&)) {
    if (setjmp(reader.escape) != 0) return false;
    stage(reader);
    return true;
}

void check(bool condition, const std::string& file, const Reader& reader) {
    TERN_CHECK(condition, file, "is not a complete JPEG image: ", reader.message.data());
}

bool has_four_inks(const jpeg_decompress_struct& jpeg) {
    return jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
}

void read_header(Reader& reader) {
    reader.jpeg.err = jpeg_std_error(&reader.errors);
    reader.errors.error_exit = on_error;
    reader.errors.emit_message = on_message;
    reader.jpeg.client_data = &reader;
    jpeg_create_decompress(&reader.jpeg);
    reader.progress.progress_monitor = on_progress;
    reader.jpeg.progress = &reader.progress;
    jpeg_save_markers(&reader.jpeg, JPEG_APP0 + 1, 0xFFFF);
    jpeg_mem_src(&reader.jpeg, reinterpret_cast<const unsigned char*>(reader.bytes.data()),
                 static_cast<unsigned long>(reader.bytes.size()));
    jpeg_read_header(&reader.jpeg, TRUE);
    reader.jpeg.out_color_space = has_four_inks(reader.jpeg) ? JCS_CMYK : JCS_RGB;
}

void read_rows(Reader& reader) {
    jpeg_start_decompress(&reader.jpeg);
    while (reader.jpeg.output_scanline < reader.jpeg.output_height) {
        JSAMPROW row = reader.pixels + reader.jpeg.output_scanline * reader.row_bytes;
        jpeg_read_scanlines(&reader.jpeg, &row, 1);
    }
    jpeg_finish_decompress(&reader.jpeg);
}

// Light that passes both the ink and black. Adobe's files hold light, 255 for no ink.
void mix_inks(const std::vector<std::uint8_t>& inks, bool inverted, const Tensor& image) {
    std::uint8_t* to = image.data<std::uint8_t>();
    const auto light = [&](std::size_t i) { return inverted ? inks[i] : 255 - inks[i]; };
    for (std::size_t i = 0; i < inks.size(); i += 4) {
        for (std::size_t c = 0; c < 3; ++c)
            *to++ = static_cast<std::uint8_t>((light(i + c) * light(i + 3) + 127) / 255);
    }
}

int orientation_of(const jpeg_decompress_struct& jpeg) {
    for (const jpeg_marker_struct* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
        const Bytes segment = std::as_bytes(std::span(marker->data, marker->data_length));
        if (segment.size() >= 6 && std::memcmp(segment.data(), "Exif", 4) == 0)
            return exif_orientation(segment.subspan(6));
    }
    return 1;
}

}  // namespace

Tensor decode_jpeg(const std::string& file, Bytes bytes) {
    Reader reader(bytes);
    check(finishes(reader, read_header), file, reader);
    const std::size_t width = reader.jpeg.image_width, height = reader.jpeg.image_height;
    const Tensor image = make_pixels(file, width, height);
    const bool four = has_four_inks(reader.jpeg);
    std::vector<std::uint8_t> inks(four ? width * height * 4 : 0);
    reader.pixels = four ? inks.data() : image.data<std::uint8_t>();
    reader.row_bytes = width * (four ? 4 : 3);
    const int orientation = orientation_of(reader.jpeg);
    check(finishes(reader, read_rows), file, reader);
    if (four) mix_inks(inks, reader.jpeg.saw_Adobe_marker != 0, image);
    return turn_upright(image, orientation);
}

}  // namespace tern::image_formats
