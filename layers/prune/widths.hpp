// A model with fewer channels than its code makes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tern/layers/module.hpp"

namespace tern {

/// By the names of a model's parameters and buffers: the extent of each axis, 0 for one that is as the model's code makes it. Tensors that are as
/// they were made are not there.
using Widths = std::map<std::string, std::vector<std::int64_t>>;

/// In what `narrowed` differs from `made`, which have the same names and ranks.
Widths widths_of(const NamedTensors& made, const NamedTensors& narrowed);

/// What they make of the shape of the tensor of that name.
Shape narrowed(const Widths& widths, const std::string& name, const Shape& made);

/// Gives the parameters and buffers of `model`, as its code made it, these extents; they keep their leading elements. A model that has them
/// already stays as it is; says whether anything changed. `sample`: the shape of one sample of its input, to run it. Throws Error that starts with `where`, and then the
/// model is as before, unless these are extents of the model without some of its channels, each taken out of all tensors that
/// have it (channel_groups()), and the model runs.
bool narrow(Module& model, const Widths& widths, const Shape& sample, std::string_view where = "narrow");

}  // namespace tern
