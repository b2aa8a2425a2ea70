// Images in a page.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tern/apps/report/html.hpp"
#include "tern/core/tensor.hpp"

namespace tern::apps::report {

/// An image as the address of an <img>, a PNG in "data:". image: (H, W, C) uint8 of 1 or 3 channels; more than `largest_side` pixels on the
/// shorter side are scaled down to that and cut square.
std::string data_address(const Tensor& image, std::int64_t largest_side = 64);

struct Picture {
    Tensor image;
    std::string caption, description;  // the second for those who cannot see it
};

/// A list of them, small ones where it is `dense`: as many of the first as `budget` bytes of markup hold, `shown`.
Html picture_list(const std::vector<Picture>& pictures, bool dense, std::size_t budget, std::size_t& shown);

}  // namespace tern::apps::report
