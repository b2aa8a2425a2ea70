#include "tern/training/precise_statistics.hpp"

#include <algorithm>

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/core/memory/step_arena.hpp"
#include "tern/data/batches.hpp"
#include "tern/layers/dropout_scope.hpp"
#include "tern/layers/fresh_statistics.hpp"

namespace tern {

void take_precise_statistics(Module& model, const BatchSource& source, std::int64_t samples,
                             std::int64_t batch_size) {
    const Range range("statistics");
    const NoGrad no_grad;
    const FreshStatistics fresh(model);
    if (fresh.empty()) return;
    // Shuffled, whatever the order of training is: files may be sorted by class.
    const Batches batches(epoch_order(source.size(), true, 0, 0, source.device()), batch_size);
    const std::int64_t wanted = (samples - 1) / batch_size + 1, whole = source.size() / batch_size;
    StepArena arena(source.device());
    const DropoutScope dropout;
    for (std::int64_t i = 0; i < std::clamp<std::int64_t>(whole, 1, wanted); ++i) {
        const StepArena::Scope scope(arena);
        model(source.batch(batches[i]).input);
        dropout.next_step();
    }
}

}  // namespace tern
