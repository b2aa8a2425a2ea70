#include "tern/layers/pool.hpp"

namespace tern {

MaxPool2d::MaxPool2d(const Options& options)
    : window_("MaxPool2d", options.kernel, options.stride.value_or(options.kernel), options.padding,
              options.dilation) {}

AvgPool2d::AvgPool2d(const Options& options)
    : window_("AvgPool2d", options.kernel, options.stride.value_or(options.kernel), options.padding,
              options.dilation),
      count_padding_(options.count_padding) {}

}  // namespace tern
