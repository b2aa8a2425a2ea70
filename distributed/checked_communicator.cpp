#include "tern/distributed/checked_communicator.hpp"

#include <algorithm>
#include <functional>

#include "tern/core/error.hpp"

namespace tern {
namespace {

void check_device(const Tensor& tensor, Device device, std::string_view what) {
    TERN_CHECK(tensor.defined(), what, "a tensor is undefined; ranks exchange tensors that are there");
    TERN_CHECK(tensor.device() == device, what, tensor, "; these ranks exchange tensors on ", device);
}

bool overlap(const Tensor& a, const Tensor& b) {
    const std::less<const std::byte*> before;
    return before(a.raw_data(), b.raw_data() + b.bytes()) && before(b.raw_data(), a.raw_data() + a.bytes());
}

}  // namespace

std::unique_ptr<Work> CheckedCommunicator::all_to_all(const Tensor& sent, const Tensor& received,
                                                      std::string_view what) {
    check_device(sent, device(), what);
    check_device(received, device(), what);
    TERN_CHECK(sent.rank() > 0 && sent.dim(0) == size_, what, "all_to_all of ", sent, " between ", size_,
               " ranks; the leading dimension counts them");
    TERN_CHECK(received.shape() == sent.shape() && received.dtype() == sent.dtype(), what, "all_to_all of ",
               sent, " into ", received);
    TERN_CHECK(!overlap(sent, received), what, "all_to_all into the memory that it sends from");
    received.mark_changed();
    return begin({Collective::all_to_all,
                  sent.raw_data(),
                  received.raw_data(),
                  sent.bytes() / size_,
                  0,
                  std::string(what),
                  to_text("all_to_all of ", name_of(sent.dtype()), ' ', sent.shape()),
                  {sent.storage(), received.storage()}});
}

std::unique_ptr<Work> CheckedCommunicator::all_gather(const Tensor& tensor, const Tensor& gathered,
                                                      std::string_view what) {
    check_device(tensor, device(), what);
    check_device(gathered, device(), what);
    bool fits = gathered.dtype() == tensor.dtype() && gathered.rank() == tensor.rank() + 1 &&
                gathered.dim(0) == size_;
    for (int i = 0; fits && i < tensor.rank(); ++i) fits = gathered.dim(i + 1) == tensor.dim(i);
    TERN_CHECK(fits, what, "all_gather of ", tensor, " from ", size_, " ranks into ", gathered);
    TERN_CHECK(
        tensor.raw_data() == gathered.raw_data() + rank_ * tensor.bytes() || !overlap(tensor, gathered), what,
        "all_gather into the memory that it sends from, at another place than slice ", rank_);
    gathered.mark_changed();
    return begin({Collective::all_gather,
                  tensor.raw_data(),
                  gathered.raw_data(),
                  tensor.bytes(),
                  0,
                  std::string(what),
                  to_text("all_gather of ", name_of(tensor.dtype()), ' ', tensor.shape()),
                  {tensor.storage(), gathered.storage()}});
}

std::unique_ptr<Work> CheckedCommunicator::broadcast(const Tensor& tensor, int root, std::string_view what) {
    check_device(tensor, device(), what);
    TERN_CHECK(root >= 0 && root < size_, what, "broadcast from rank ", root, " of ", size_);
    if (rank_ != root) tensor.mark_changed();
    return begin({Collective::broadcast,
                  tensor.raw_data(),
                  tensor.raw_data(),
                  tensor.bytes(),
                  root,
                  std::string(what),
                  to_text("broadcast of ", name_of(tensor.dtype()), ' ', tensor.shape(), " from rank ", root),
                  {tensor.storage()}});
}

std::unique_ptr<Work> CheckedCommunicator::barrier(std::string_view what) {
    return begin(
        {Collective::barrier, nullptr, nullptr, 0, 0, std::string(what), to_text("barrier at ", what), {}});
}

void check_timeout(double seconds) {
    constexpr double kYear = 365.0 * 24 * 3600;
    TERN_CHECK(seconds > 0 && seconds <= kYear, "timeout", seconds, " s; more than 0 and at most a year");
}

std::string names_of_ranks(const std::vector<int>& ranks, const std::vector<std::string>& hosts) {
    std::string text = ranks.size() == 1 ? "rank " : "ranks ";
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        if (i > 0) text += i + 1 == ranks.size() ? " and " : ", ";
        text += std::to_string(ranks[i]);
        if (!hosts.empty()) text += " on " + hosts[ranks[i]];
    }
    return text;
}

std::string difference(const std::vector<std::string>& descriptions) {
    std::vector<std::string> kinds;  // in the order of the first rank that has each
    for (const std::string& description : descriptions) {
        if (!description.empty() && std::ranges::find(kinds, description) == kinds.end())
            kinds.push_back(description);
    }
    if (kinds.size() < 2) return "";
    std::string text = "ranks differ: ";
    for (const std::string& kind : kinds) {
        std::vector<int> ranks;
        for (std::size_t i = 0; i < descriptions.size(); ++i) {
            if (descriptions[i] == kind) ranks.push_back(static_cast<int>(i));
        }
        text += to_text(kind == kinds.front() ? "" : ", ", kind, " on ", names_of_ranks(ranks));
    }
    return text;
}

}  // namespace tern
