#include "tern/layers/prune/importance.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/core/error.hpp"
#include "tern/kernels/cast/cast.hpp"

namespace tern {
namespace {

// Sums of the squares, or of the absolute values, of the elements at each index along the axis.
std::vector<double> sums_along(const Tensor& tensor, int axis, bool squares) {
    const NoGrad no_grad;
    const Tensor host = cast(tensor.to(Device::cpu()), DType::float64);
    std::vector<double> sums(static_cast<std::size_t>(host.dim(axis)), 0);
    std::size_t inner = 1;
    for (int d = axis + 1; d < host.rank(); ++d) inner *= static_cast<std::size_t>(host.dim(d));
    const std::span<const double> elements = host.elements<double>();
    for (std::size_t i = 0; i < elements.size(); ++i)
        sums[i / inner % sums.size()] += squares ? elements[i] * elements[i] : std::fabs(elements[i]);
    return sums;
}

// As shares of their mean; where all are 0, all are alike.
void add_shares(const std::vector<double>& values, std::vector<double>& to) {
    const double mean =
        std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    for (std::size_t k = 0; k < values.size(); ++k) to[k] += mean == 0 ? 1 : values[k] / mean;
}

}  // namespace

ChannelCriterion parse_channel_criterion(std::string_view name) {
    TERN_CHECK(name == "group-norm" || name == "scale", "prune", "no criterion \"", name,
               "\", only group-norm, scale");
    return name == "group-norm" ? ChannelCriterion::group_norm : ChannelCriterion::scale;
}

std::vector<double> importance(const ChannelGroup& group, const NamedTensors& state,
                               const std::vector<bool>& is_scale, const std::vector<bool>& is_parameter,
                               ChannelCriterion criterion) {
    const bool by_scale = criterion == ChannelCriterion::scale;
    // By axis of a tensor, of each channel.
    std::map<std::pair<std::size_t, int>, std::vector<double>> parts, sums;
    for (std::size_t c = 0; c < group.channels.size(); ++c)
        for (const Position& position : group.channels[c]) {
            const std::size_t k = position.tensor;
            if (by_scale ? !is_scale[k] : !is_parameter[k]) continue;
            const std::pair key{k, position.axis};
            if (!sums.contains(key)) {
                sums[key] = sums_along(state[k].tensor, position.axis, !by_scale);
                parts[key].assign(group.channels.size(), 0);
            }
            const double sum = sums[key][static_cast<std::size_t>(position.index)];
            TERN_CHECK(std::isfinite(sum), "prune", state[k].name, " is not finite");
            parts[key][c] += sum;
        }
    if (parts.empty()) return {};
    std::vector<double> result(group.channels.size(), 0);
    for (const auto& [key, values] : parts) add_shares(values, result);
    for (double& value : result) value /= static_cast<double>(parts.size());
    return result;
}

}  // namespace tern
