// Images: PNG, JPEG, WebP, BMP, PPM and PGM.
#include "tern/data/image.hpp"

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read_or_refuse([&] {
        const Tensor image = decode_image(std::as_bytes(std::span(data, size)), fuzz::kName);
        fuzz::require(image.dtype() == DType::uint8 && image.rank() == 3 && image.dim(2) == 3 &&
                          image.numel() > 0 && image.numel() <= 3 * kMostPixels,
                      "an image without pixels");
    });
    return 0;
}
