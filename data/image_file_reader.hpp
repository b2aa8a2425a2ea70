// Image files as samples, decoded when they are asked for.
#pragma once

#include <filesystem>
#include <vector>

#include "tern/data/sample_reader.hpp"

namespace tern {

/// Sample i is file i, brought to size x size by fit_image(), 3 channels.
class ImageFileReader : public SampleReader {
  public:
    ImageFileReader(std::vector<std::filesystem::path> files, std::int64_t size)
        : files_(std::move(files)), size_(size) {}

    std::int64_t size() const override { return static_cast<std::int64_t>(files_.size()); }
    Shape sample_shape() const override { return {size_, size_, 3}; }
    /// Names of the files below their folder, their bytes, and the size of the samples.
    std::string signature() const override;
    /// "cat/1.png": the file and its folder.
    std::string name(std::int64_t sample) const override;
    void read(std::int64_t sample, std::uint8_t* into) const override;

  private:
    std::vector<std::filesystem::path> files_;
    std::int64_t size_;
};

}  // namespace tern
