// A set in memory as one that is read.
#pragma once

#include <cstring>

#include "tern/core/error.hpp"
#include "tern/data/dataset.hpp"

namespace tern::test {

class MemoryReader : public SampleReader {
  public:
    explicit MemoryReader(Tensor images, std::int64_t broken = -1)
        : images_(std::move(images)), broken_(broken) {}

    std::int64_t size() const override { return images_.dim(0); }
    Shape sample_shape() const override { return Shape(images_.shape().extents().subspan(1)); }
    std::string signature() const override { return "memory"; }
    std::string name(std::int64_t sample) const override { return to_text("number ", sample); }
    void read(std::int64_t sample, std::uint8_t* into) const override {
        TERN_CHECK(sample != broken_, "memory", "sample ", sample, " cannot be read");
        const Tensor image = images_.slice(sample, sample + 1);
        std::memcpy(into, image.raw_data(), static_cast<std::size_t>(image.bytes()));
    }

  private:
    Tensor images_;
    std::int64_t broken_;
};

/// The same samples, of which number `broken` cannot be read.
inline Dataset read_from(const Dataset& set, std::int64_t broken = -1) {
    Dataset result = set;
    result.samples = {};
    result.reader = std::make_shared<MemoryReader>(set.samples, broken);
    return result;
}

}  // namespace tern::test
