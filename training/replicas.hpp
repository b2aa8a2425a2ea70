// Which part of a step each replica computes, and which replicas a rank has.
#pragma once

#include <cstdint>

namespace tern {

/// Consecutive samples of a batch.
struct Piece {
    std::int64_t begin = 0, count = 0;
    std::int64_t end() const { return begin + count; }
};

/// Of a batch of so many samples, cut for `replicas`: sizes differ by at most one, longer pieces come first, and
/// where there are fewer samples than replicas the last pieces are empty.
Piece piece_of(std::int64_t samples, std::int64_t replicas, std::int64_t replica);

/// The consecutive replicas that a rank computes, one after the other.
struct ReplicaShare {
    std::int64_t replicas = 1;        // of all ranks
    std::int64_t begin = 0, end = 1;  // this rank's

    std::int64_t count() const { return end - begin; }
    /// What all its pieces are together.
    Piece piece_of(std::int64_t samples) const;
};

/// Throws Error unless the ranks divide the replicas, and the replicas of one of several ranks are a power of
/// two: else their sum would not be a part of the tree below.
ReplicaShare share_of(std::int64_t replicas, int rank, int ranks);

/// Replicas that train apart (LocalReplicas, where the formula is).
struct LocalOptions {
    std::int64_t steps = 0;  // between two averages; 0: gradients are summed in every step
    double outer_rate = 1, outer_momentum = 0;
};

/// In what form gradients are sent (CompressedExchange); float32: as they are.
enum class ExchangeType : std::uint8_t { float32, bfloat16, int8, top_k };

/// How ranks sum their gradients (GradientExchange).
struct ExchangeOptions {
    ExchangeType type = ExchangeType::float32;
    double share = 0.01;  // of all numbers, that top_k sends
    /// Parts of the gradients are sent while the backward pass still works on others; false: afterwards, in one.
    bool overlap = true;
    std::int64_t bucket_bytes = 128 << 10;  // of such a part, at least
};

}  // namespace tern
