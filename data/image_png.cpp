#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>

#include <png.h>

#include "tern/data/image_formats.hpp"
#include "tern/data/pixels.hpp"

namespace tern::image_formats {
namespace {

// libpng leaves by longjmp where an image is damaged. All that it leaves behind lies here, outside the
// frames that it jumps over; those hold nothing with a destructor.
struct Reader {
    explicit Reader(Bytes bytes) : rest(bytes) {}
    ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    png_structp png = nullptr;
    png_infop info = nullptr;
    Bytes rest;
    std::array<char, 200> message{};
    std::uint8_t* pixels = nullptr;  // (height, row_bytes)
    std::size_t row_bytes = 0;
    png_uint_32 height = 0;
    int passes = 1;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
    auto& reader = *static_cast<Reader*>(png_get_error_ptr(png));
    std::strncpy(reader.message.data(), message, reader.message.size() - 1);
    png_longjmp(png, 1);
}

void on_warning(png_structp /*png*/, png_const_charp /*message*/) {}

void take(png_structp png, png_bytep into, std::size_t count) {
    Bytes& rest = static_cast<Reader*>(png_get_io_ptr(png))->rest;
    if (count > rest.size()) png_error(png, "the file ends too early");
    std::memcpy(into, rest.data(), count);
    rest = rest.subspan(count);
}

// The one place that libpng jumps to.
bool finishes(Reader& reader, void (*stage)(Reader&)) {
    if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
    stage(reader);
    return true;
}

void check(bool condition, const std::string& file, const Reader& reader) {
    TERN_CHECK(condition, file, "is not a complete PNG image: ", reader.message.data());
}

// Whatever the file has becomes 8 bits of red, green, blue, and alpha where there is transparency.
void read_header(Reader& reader) {
    reader.info = png_create_info_struct(reader.png);
    if (reader.info == nullptr) png_error(reader.png, "no memory for it");
    png_set_read_fn(reader.png, &reader, take);
    // Sizes are checked between this and the first row, for which libpng takes memory.
    png_set_user_limits(reader.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_cache_max(reader.png, 1);  // none: texts may unpack to gigabytes
    png_read_info(reader.png, reader.info);
    png_set_expand(reader.png);
    png_set_scale_16(reader.png);
    png_set_gray_to_rgb(reader.png);
}

void read_rows(Reader& reader) {
    for (int pass = 0; pass < reader.passes; ++pass) {
        for (png_uint_32 row = 0; row < reader.height; ++row)
            png_read_row(reader.png, reader.pixels + row * reader.row_bytes, nullptr);
    }
    png_read_end(reader.png, reader.info);  // an orientation may stand here, too
}

void start_rows(Reader& reader) {
    reader.passes = png_set_interlace_handling(reader.png);
    png_read_update_info(reader.png, reader.info);
    reader.row_bytes = png_get_rowbytes(reader.png, reader.info);
}

}  // namespace

Tensor decode_png(const std::string& file, Bytes bytes) {
    Reader reader(bytes);
    reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
    TERN_CHECK(reader.png != nullptr, file, "cannot be read: libpng does not start");
    check(finishes(reader, read_header), file, reader);
    reader.height = png_get_image_height(reader.png, reader.info);
    const png_uint_32 width = png_get_image_width(reader.png, reader.info);
    const Tensor image = make_pixels(file, width, reader.height);
    check(finishes(reader, start_rows), file, reader);

    const std::size_t channels = reader.row_bytes / width;
    TERN_ASSERT(reader.row_bytes == channels * width && (channels == 3 || channels == 4));
    std::vector<std::uint8_t> rgba(channels == 4 ? reader.row_bytes * reader.height : 0);
    reader.pixels = channels == 4 ? rgba.data() : image.data<std::uint8_t>();
    check(finishes(reader, read_rows), file, reader);
    if (channels == 4) blend_with_black(rgba, image);
    png_bytep exif = nullptr;
    png_uint_32 length = 0;
    if (png_get_eXIf_1(reader.png, reader.info, &length, &exif) == 0) return image;
    return turn_upright(image, exif_orientation(std::as_bytes(std::span(exif, length))));
}

std::vector<std::byte> encode_png(const Tensor& image) {
    TERN_CHECK(image.rank() == 3 && image.dim(2) == 3 && image.numel() > 0, "png", "takes (H, W, 3), got ",
               image.shape());
    check_pixels("png", image);
    png_image header{};
    header.version = PNG_IMAGE_VERSION;
    header.format = PNG_FORMAT_RGB;
    header.height = static_cast<png_uint_32>(image.dim(0));
    header.width = static_cast<png_uint_32>(image.dim(1));
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
    std::vector<std::byte> bytes(size);
    const int done =
        png_image_write_to_memory(&header, bytes.data(), &size, 0, image.data<std::uint8_t>(), 0, nullptr);
    TERN_CHECK(done != 0, "png", "cannot be made: ", header.message);
    bytes.resize(size);
    return bytes;
}

}  // namespace tern::image_formats
