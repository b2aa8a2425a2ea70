#include "tern/core/element.hpp"

namespace tern {

Tensor element_view(const Tensor& tensor, std::initializer_list<std::int64_t> index) {
    const char* const where = "element";
    const Shape& shape = tensor.shape();
    TERN_CHECK(static_cast<int>(index.size()) == shape.rank(), where, index.size(), " indices for the shape ",
               shape);
    std::int64_t place = 0;
    int axis = 0;
    for (const std::int64_t i : index) {
        const std::int64_t extent = shape[axis];
        TERN_CHECK(i >= -extent && i < extent, where, "index ", i, " along axis ", axis, " of extent ",
                   extent, " (shape ", shape, ')');
        place = place * extent + (i < 0 ? i + extent : i);
        ++axis;
    }
    return Tensor::view_of(tensor.storage(), tensor.storage_offset() + place * size_of(tensor.dtype()), {},
                           tensor.dtype());
}

void set_element(const Tensor& tensor, std::initializer_list<std::int64_t> index, double value) {
    element_view(tensor, index).copy_from(Tensor::full({}, value, tensor.dtype()));
}

}  // namespace tern
