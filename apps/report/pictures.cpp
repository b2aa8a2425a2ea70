#include "tern/apps/report/pictures.hpp"

#include <algorithm>

#include "tern/core/error.hpp"
#include "tern/data/image.hpp"
#include "tern/data/image_formats.hpp"

namespace tern::apps::report {
namespace {

// Grey for all three colours.
Tensor in_colour(const Tensor& image) {
    const std::int64_t channels = image.dim(2);
    if (channels == 3) return image;
    TERN_CHECK(channels == 1, "report", "draws images of 1 or 3 channels, got ", image.shape());
    const Tensor colour = Tensor::empty({image.dim(0), image.dim(1), 3}, DType::uint8);
    const std::uint8_t* from = image.data<std::uint8_t>();
    for (std::int64_t i = 0; i < image.numel(); ++i)
        std::fill_n(colour.data<std::uint8_t>() + 3 * i, 3, from[i]);
    return colour;
}

}  // namespace

std::string data_address(const Tensor& image, std::int64_t largest_side) {
    Tensor drawn = in_colour(image);
    if (std::min(drawn.dim(0), drawn.dim(1)) > largest_side) drawn = fit_image(drawn, largest_side);
    return "data:image/png;base64," + base64(image_formats::encode_png(drawn));
}

Html picture_list(const std::vector<Picture>& pictures, bool dense, std::size_t budget, std::size_t& shown) {
    Html list;
    shown = 0;
    for (const Picture& picture : pictures) {
        Html item;
        item << "<li><img src=\"" << data_address(picture.image) << "\" alt=\"" << picture.description
             << "\"><span>" << picture.caption << "</span></li>\n";
        if (list.str().size() + item.str().size() > budget) break;
        list << item;
        ++shown;
    }
    if (shown == 0) return {};
    Html whole;
    whole << "<ul class=\"pictures" << (dense ? " dense" : "") << "\">\n" << list << "</ul>\n";
    return whole;
}

}  // namespace tern::apps::report
