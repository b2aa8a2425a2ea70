#include "tern/training/replicas.hpp"

#include <algorithm>
#include <bit>

#include "tern/core/error.hpp"

namespace tern {

Piece piece_of(std::int64_t samples, std::int64_t replicas, std::int64_t replica) {
    const std::int64_t shorter = samples / replicas, longer = samples % replicas;
    return {replica * shorter + std::min(replica, longer), shorter + (replica < longer ? 1 : 0)};
}

Piece ReplicaShare::piece_of(std::int64_t samples) const {
    const std::int64_t first = tern::piece_of(samples, replicas, begin).begin;
    return {first, tern::piece_of(samples, replicas, end - 1).end() - first};
}

ReplicaShare share_of(std::int64_t replicas, int rank, int ranks) {
    TERN_CHECK(replicas >= 1, "replicas", "at least 1 is needed, got ", replicas);
    TERN_CHECK(replicas % ranks == 0, "replicas", "must be a multiple of the ", ranks, " ranks, got ",
               replicas);
    const std::int64_t each = replicas / ranks;
    TERN_CHECK(ranks == 1 || std::has_single_bit(static_cast<std::uint64_t>(each)), "replicas",
               "each of several ranks computes 1, 2, 4, 8, ... of them, got ", replicas, " for ", ranks,
               " ranks");
    return {replicas, rank * each, (rank + 1) * each};
}

}  // namespace tern
