#include "tern/training/gradient_exchange.hpp"

#include "tern/training/compressed_exchange.hpp"
#include "tern/training/exact_exchange.hpp"

namespace tern {

std::unique_ptr<GradientExchange> make_gradient_exchange(const FlatParameters& parameters,
                                                         const ReplicaShare& share,
                                                         Communicator& communicator,
                                                         const ExchangeOptions& options) {
    if (options.type == ExchangeType::float32)
        return std::make_unique<ExactExchange>(parameters, share, communicator, options);
    return std::make_unique<CompressedExchange>(parameters, share, communicator, options);
}

}  // namespace tern
