#include "tern/distributed/mpi/arrivals.hpp"

#include <algorithm>

#include "tern/distributed/checked_communicator.hpp"

namespace tern {

std::string Arrivals::add(int rank, std::int64_t number, const std::string& description) {
    begun_[rank] = number + 1;
    std::vector<std::string>& descriptions = described_[number];
    descriptions.resize(begun_.size());
    descriptions[rank] = description;
    const std::string how = difference(descriptions);
    if (*std::ranges::min_element(begun_) > number) described_.erase(number);
    return how;
}

std::vector<int> Arrivals::missing(std::int64_t number) const {
    std::vector<int> ranks;
    for (std::size_t i = 0; i < begun_.size(); ++i) {
        if (begun_[i] <= number) ranks.push_back(static_cast<int>(i));
    }
    return ranks;
}

}  // namespace tern
