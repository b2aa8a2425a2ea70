#include "tern/layers/state.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/layers/batch_norm2d.hpp"

namespace tern {
namespace {

// "a, b, c and 5 more"
std::string list(const std::vector<std::string>& names) {
    constexpr std::size_t kShown = 6;  // a whole network's names would hide the message
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < kShown; ++i) text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > kShown) text += to_text(" and ", names.size() - kShown, " more");
    return text;
}

void check_names(std::string_view where, const std::vector<std::string>& missing,
                 const std::vector<std::string>& unexpected) {
    if (missing.empty() && unexpected.empty()) return;
    std::string text;
    if (!missing.empty()) text += to_text("missing ", list(missing));
    if (!unexpected.empty()) text += to_text(missing.empty() ? "" : "; ", "unexpected ", list(unexpected));
    fail(where, "the names do not fit the model: ", text);
}

// Whether `name` is the part itself or lies below it.
bool belongs_to(std::string_view part, std::string_view name) {
    return name.starts_with(part) && (name.size() == part.size() || name[part.size()] == '.');
}

NamedTensors without(const NamedTensors& tensors, const std::vector<std::string>& parts) {
    NamedTensors result;
    std::ranges::copy_if(tensors, std::back_inserter(result), [&](const NamedTensor& named) {
        return std::ranges::none_of(parts,
                                    [&](const std::string& part) { return belongs_to(part, named.name); });
    });
    return result;
}

// Statistics may come without a count, from PyTorch before 0.4.1 or another program: 0, as PyTorch takes
// them.
NamedTensors with_counts(NamedTensors source, const NamedTensors& target) {
    constexpr std::string_view kCount = "num_batches_tracked";
    const auto given = [&source](const std::string& name) {
        return std::ranges::find(source, name, &NamedTensor::name) != source.end();
    };
    for (const auto& [name, tensor] : target) {
        if (!name.ends_with(kCount) || given(name)) continue;
        const std::string mean = name.substr(0, name.size() - kCount.size()) + "running_mean";
        if (given(mean)) source.push_back({name, Tensor::zeros(tensor.shape(), tensor.dtype())});
    }
    return source;
}

void check_parts(std::string_view where, const std::vector<std::string>& parts, const NamedTensors& state) {
    for (const std::string& part : parts) {
        TERN_CHECK(std::ranges::any_of(
                       state, [&](const NamedTensor& named) { return belongs_to(part, named.name); }),
                   where, "\"", part, "\" is to be left out, but the model has no such part");
    }
}

// As PyTorch's copy_() takes numbers, but for weights in integers: those are quantised, and their scale is
// not here. A count may be a vector of one, as in files of PyTorch before 0.4.
bool can_become(const Tensor& from, const Tensor& to) {
    const bool one = to.rank() == 0 && from.shape() == Shape{1};
    return (from.shape() == to.shape() || one) && (is_floating(from.dtype()) || !is_floating(to.dtype()));
}

}  // namespace

void load_state(const NamedTensors& target, const NamedTensors& source, std::string_view where) {
    std::map<std::string, Tensor> given;
    for (const auto& [name, tensor] : source) {
        TERN_CHECK(given.emplace(name, tensor).second, where, name, " appears twice");
    }
    std::vector<std::pair<Tensor, Tensor>> copies;  // to, from
    std::vector<std::string> missing, unexpected, misfits;
    for (const auto& [name, tensor] : target) {
        const auto found = given.find(name);
        if (found == given.end()) {
            missing.push_back(name);
            continue;
        }
        const Tensor& from = found->second;
        if (!can_become(from, tensor)) {
            misfits.push_back(to_text(name, " is ", from.dtype(), ' ', from.shape(), ", expected ",
                                      tensor.dtype(), ' ', tensor.shape()));
        }
        copies.emplace_back(tensor, from);
        given.erase(found);
    }
    for (const auto& [name, tensor] : given) unexpected.push_back(name);
    check_names(where, missing, unexpected);
    TERN_CHECK(misfits.empty(), where, list(misfits));
    const NoGrad no_grad;
    for (const auto& [to, from] : copies) to.copy_from(cast(from, to.dtype()).reshape(to.shape()));
}

void load_state(Module& module, const NamedTensors& source, std::string_view where,
                const std::vector<std::string>& left_out) {
    const NamedTensors state = module.state();
    check_parts(where, left_out, state);
    const NamedTensors target = without(state, left_out);
    load_state(target, with_counts(without(source, left_out), target), where);
    module.visit([](const std::string&, Module& part) {
        if (auto* const norm = dynamic_cast<BatchNorm2d*>(&part)) norm->keep_uncounted_statistics();
    });
}

}  // namespace tern
