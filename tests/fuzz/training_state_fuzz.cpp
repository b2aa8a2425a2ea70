// The numbers of a training state. Input: their JSON, which stands in the metadata of the file.
#include "tern/training/training_state.hpp"

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;
using fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::as_text({data, size}));
    fuzz::read_or_refuse([&] {
        const TrainingState state =
            parse_training_state(fuzz::kName, {{}, {{"format_version", "1"}, {"training_state", text}}});
        require(state.position.step >= 0 && state.position.epoch >= 1, "a state that is none");
        const Safetensors written = training_state_content(state);
        // Through the bytes of a file: what a state holds can be saved.
        const Safetensors read = parse_safetensors(fuzz::kName, encode_safetensors(fuzz::kName, written));
        require(training_state_content(parse_training_state(fuzz::kName, read)).metadata == written.metadata,
                "a state changes when written");
    });
    return 0;
}
