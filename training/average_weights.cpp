#include "tern/training/average_weights.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tern/core/element.hpp"

namespace tern {
namespace {

const char* const kWhere = "average";

void check_alike(const Weights& other, const Weights& first) {
    TERN_CHECK(other.info, other.file, "does not say of which model it is, as tern's files do");
    TERN_CHECK(!other.info->quantized, other.file,
               "is a model in 8 bits; weights that are averaged are float32");
    const WeightsInfo &a = *other.info, &b = *first.info;
    const auto check = [&](bool equal, const char* what) {
        TERN_CHECK(equal, other.file, "has another ", what, " than ", first.file);
    };
    check(a.model == b.model, "model");
    check(a.classes == b.classes, "list of classes");
    check(a.image == b.image, "image size");
    check(a.widths == b.widths, "list of widths");
    check(a.normalization.same_numbers(b.normalization), "normalization");
}

const Tensor& same_tensor(const Weights& weights, const NamedTensor& wanted) {
    const auto found = std::ranges::find(weights.tensors, wanted.name, &NamedTensor::name);
    TERN_CHECK(found != weights.tensors.end(), weights.file, "has no tensor ", wanted.name);
    TERN_CHECK(
        found->tensor.shape() == wanted.tensor.shape() && found->tensor.dtype() == wanted.tensor.dtype(),
        weights.file, "has ", wanted.name, " as ", found->tensor.shape(), ' ', found->tensor.dtype(),
        ", expected ", wanted.tensor.shape(), ' ', wanted.tensor.dtype());
    return found->tensor;
}

}  // namespace

Weights average_weights(std::span<const Weights> members, std::span<const double> shares) {
    TERN_CHECK(!members.empty(), kWhere, "needs at least one weight file");
    TERN_CHECK(shares.size() == members.size(), kWhere, "needs a share for each of ", members.size(),
               " files, got ", shares.size());
    for (const double share : shares)
        TERN_CHECK(std::isfinite(share) && share > 0, kWhere, "shares must be above 0, got ", share);
    const Weights& first = members.front();
    for (const Weights& member : members) {
        check_alike(member, first);
        TERN_CHECK(member.tensors.size() == first.tensors.size(), member.file, "holds ",
                   member.tensors.size(), " tensors, ", first.file, " has ", first.tensors.size());
    }
    const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
    Weights mean{"the average", first.info, {}};
    for (const NamedTensor& named : first.tensors) {
        mean.tensors.push_back({named.name, named.tensor.clone()});
        if (!is_floating(named.tensor.dtype())) continue;
        visit_floating(named.tensor.dtype(), [&]<class T>() {
            std::vector<double> sums(static_cast<std::size_t>(named.tensor.numel()));
            for (std::size_t i = 0; i < members.size(); ++i) {
                const auto elements = same_tensor(members[i], named).template elements<T>();
                for (std::size_t k = 0; k < sums.size(); ++k)
                    sums[k] += shares[i] / total * static_cast<double>(elements[k]);
            }
            T* const to = mean.tensors.back().tensor.template data<T>();
            for (std::size_t k = 0; k < sums.size(); ++k) to[k] = static_cast<T>(sums[k]);
        });
    }
    return mean;
}

}  // namespace tern
