// Images of a set that are read when they are asked for.
#pragma once

#include <cstdint>
#include <string>

#include "tern/core/shape.hpp"

namespace tern {

/// Images by number, that no memory needs to hold. For another place than files derive from it.
class SampleReader {
  public:
    virtual ~SampleReader() = default;

    virtual std::int64_t size() const = 0;      // images
    virtual Shape sample_shape() const = 0;     // (H, W, C), of all
    virtual std::string signature() const = 0;  // tells this set from another one without reading it
    virtual std::string name(
        std::int64_t sample) const = 0;  // where it is from, as people tell it from others
    /// Writes the H W C bytes of image `sample`, in [0, size()), to `into`: always the same. May be called by several
    /// threads at once. Throws Error that names where it is from, and the sample.
    virtual void read(std::int64_t sample, std::uint8_t* into) const = 0;
};

}  // namespace tern
