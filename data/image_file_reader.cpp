#include "tern/data/image_file_reader.hpp"

#include <cstring>

#include "tern/core/error.hpp"
#include "tern/data/image.hpp"

namespace tern {

namespace {

// Its own name and that of its folder: a set may lie in another place the next time.
std::string name_of(const std::filesystem::path& file) {
    return to_text(file.parent_path().filename().string(), '/', file.filename().string());
}

}  // namespace

std::string ImageFileReader::signature() const {
    std::string text = to_text(size_, '\n');
    for (const std::filesystem::path& file : files_) {
        std::error_code error;
        const std::uintmax_t bytes = std::filesystem::file_size(file, error);
        TERN_CHECK(!error, file.string(), "cannot be read: ", error.message());
        text += to_text(name_of(file), ' ', bytes, '\n');
    }
    return text;
}

std::string ImageFileReader::name(std::int64_t sample) const {
    return name_of(files_[static_cast<std::size_t>(sample)]);
}

void ImageFileReader::read(std::int64_t sample, std::uint8_t* into) const {
    const std::filesystem::path& file = files_[static_cast<std::size_t>(sample)];
    try {
        const Tensor image = fit_image(read_image(file), size_);
        std::memcpy(into, image.raw_data(), static_cast<std::size_t>(image.bytes()));
    } catch (const Error& error) {
        fail(error.where(), error.rule(), " (sample ", sample, ')');
    }
}

}  // namespace tern
