#include "tern/tests/data/made_images.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

namespace tern::test {
namespace {

void append(png_structp png, png_bytep bytes, std::size_t count) {
    static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(bytes), count);
}

struct PngWriter {
    PngWriter(int width, int height, const PngOptions& options) {
        png_set_write_fn(png, &text, append, nullptr);
        png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // tests make headers that say so much
        png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height),
                     options.depth, options.colour,
                     options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    }
    ~PngWriter() { png_destroy_write_struct(&png, &info); }
    PngWriter(const PngWriter&) = delete;
    PngWriter& operator=(const PngWriter&) = delete;

    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    std::string text;
};

// "Exif", a TIFF header and a directory with one entry.
std::string exif(int orientation, bool big_endian) {
    const auto number = [&](unsigned value, int bytes) {
        std::string text;
        for (int i = 0; i < bytes; ++i)
            text += static_cast<char>(value >> 8 * (big_endian ? bytes - 1 - i : i) & 255);
        return text;
    };
    const auto value = static_cast<unsigned>(orientation);
    return std::string("Exif\0\0", 6) + (big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) +
           number(1, 2) + number(0x0112, 2) + number(3, 2) + number(1, 4) + number(value, 2) + number(0, 2) +
           number(0, 4);
}

}  // namespace

std::string make_png(int width, int height, const Samples& samples, const PngOptions& options) {
    PngWriter writer(width, height, options);
    std::vector<png_color> palette;
    for (const auto& [red, green, blue] : options.palette) palette.push_back({red, green, blue});
    if (!palette.empty())
        png_set_PLTE(writer.png, writer.info, palette.data(), static_cast<int>(palette.size()));
    if (!options.palette_alpha.empty())
        png_set_tRNS(writer.png, writer.info, options.palette_alpha.data(),
                     static_cast<int>(options.palette_alpha.size()), nullptr);
    if (options.orientation > 0) {
        std::string block = exif(options.orientation, false).substr(6);
        png_set_eXIf_1(writer.png, writer.info, static_cast<png_uint_32>(block.size()),
                       reinterpret_cast<png_bytep>(block.data()));
    }
    png_write_info(writer.png, writer.info);
    std::vector<png_bytep> rows;
    const std::size_t row_bytes = samples.size() / static_cast<std::size_t>(height);
    for (int y = 0; y < height; ++y)
        rows.push_back(const_cast<png_bytep>(samples.data()) + static_cast<std::size_t>(y) * row_bytes);
    png_write_image(writer.png, rows.data());
    png_write_end(writer.png, writer.info);
    return writer.text;
}

std::string make_png_with_texts(int count) {
    PngWriter writer(1, 1, {});
    std::string key = "Comment", letters(4'000'000, 'a');
    png_text text{};
    text.compression = PNG_TEXT_COMPRESSION_zTXt;
    text.key = key.data();
    text.text = letters.data();
    text.text_length = letters.size();
    png_set_text(writer.png, writer.info, &text, 1);
    png_write_info(writer.png, writer.info);
    const std::size_t begin = writer.text.find("zTXt") - 4;  // its length stands before it
    const std::string packed = writer.text.substr(begin);
    for (int i = 1; i < count; ++i) writer.text.insert(begin, packed);
    std::uint8_t pixel[3]{1, 2, 3};
    png_write_row(writer.png, pixel);
    png_write_end(writer.png, nullptr);
    return writer.text;
}

std::string make_png_header(int width, int height) {
    PngWriter writer(width, height, {});
    png_write_info(writer.png, writer.info);
    return writer.text + std::string("\0\0\0\0IDAT\x35\xAF\x06\x1E", 12);  // an empty piece of the pixels
}

std::string make_jpeg(int width, int height, const Samples& samples, const JpegOptions& options) {
    jpeg_compress_struct jpeg{};
    jpeg_error_mgr errors{};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = static_cast<JDIMENSION>(width);
    jpeg.image_height = static_cast<JDIMENSION>(height);
    jpeg.input_components = options.channels;
    jpeg.in_color_space = options.channels == 1 ? JCS_GRAYSCALE : options.channels == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    if (options.channels == 4) jpeg.write_Adobe_marker = options.adobe ? TRUE : FALSE;
    jpeg_set_quality(&jpeg, 100, TRUE);
    if (options.progressive) jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    if (options.orientation > 0) {
        const std::string segment = exif(options.orientation, options.big_endian);
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(segment.data()),
                          static_cast<unsigned>(segment.size()));
    }
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = const_cast<JSAMPROW>(samples.data()) + std::size_t{jpeg.next_scanline} *
                                                                  jpeg.image_width *
                                                                  static_cast<std::size_t>(options.channels);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    const std::string text(reinterpret_cast<char*>(bytes), size);
    jpeg_destroy_compress(&jpeg);
    std::free(bytes);
    return text;
}

// A piece of a RIFF file.
std::string riff_piece(const std::string& name, const std::string& bytes) {
    std::string size;
    for (int i = 0; i < 4; ++i) size += static_cast<char>(bytes.size() >> 8 * i & 255);
    return name + size + bytes + std::string(bytes.size() % 2, '\0');
}

std::string make_webp(int width, int height, const Samples& samples, const WebpOptions& options) {
    std::uint8_t* bytes = nullptr;
    const int stride = width * (options.alpha ? 4 : 3);
    const std::size_t size = options.lossy ? WebPEncodeRGB(samples.data(), width, height, stride, 100, &bytes)
                             : options.alpha
                                 ? WebPEncodeLosslessRGBA(samples.data(), width, height, stride, &bytes)
                                 : WebPEncodeLosslessRGB(samples.data(), width, height, stride, &bytes);
    std::string text(reinterpret_cast<char*>(bytes), size);
    WebPFree(bytes);
    if (options.orientation == 0) return text;
    // The extended form (VP8X): flags, of which 8 is EXIF, and the size less one in 24 bits each.
    const auto less_one = [](int side) {
        return std::string{static_cast<char>((side - 1) & 255), static_cast<char>((side - 1) >> 8), '\0'};
    };
    const std::string flags("\x08\0\0\0", 4);
    return riff_piece("RIFF", "WEBP" + riff_piece("VP8X", flags + less_one(width) + less_one(height)) +
                                  text.substr(12) + riff_piece("EXIF", exif(options.orientation, false)));
}

std::string make_ppm(int width, int height, const Samples& samples) {
    const bool grey = samples.size() == static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    return (grey ? "P5 " : "P6 ") + std::to_string(width) + ' ' + std::to_string(height) + " 255\n" +
           std::string(samples.begin(), samples.end());
}

Samples filled(int width, int height, const std::vector<std::uint8_t>& colour) {
    Samples samples;
    for (int i = 0; i < width * height; ++i) samples.insert(samples.end(), colour.begin(), colour.end());
    return samples;
}

Samples noise(int width, int height, int channels) {
    Samples samples;
    std::uint32_t state = 1;
    for (int i = 0; i < width * height * channels; ++i) {
        state = (state * 1103515245u + 12345u) & 0x7FFFFFFFu;
        samples.push_back(static_cast<std::uint8_t>(state >> 16 & 255u));
    }
    return samples;
}

}  // namespace tern::test
