// What a run that is resumed needs beside the weights, as a file.
#pragma once

#include <filesystem>
#include <string>

#include "tern/core/files/safetensors.hpp"
#include "tern/layers/module.hpp"
#include "tern/training/position.hpp"

namespace tern {

struct TrainingState {
    TrainingPosition position;
    NamedTensors tensors;            // Trainer::state()
    std::int64_t metrics_bytes = 0;  // of metrics.jsonl by then
    std::int64_t steps_bytes = 0;    // of steps.jsonl by then
    std::int64_t times_bytes = 0;    // of times.jsonl by then
    std::string data_checksum;       // of the training samples
    std::string teacher_checksum;    // of the teacher's weights; "" without one
};

/// As safetensors with the numbers in its __metadata__.
void write_training_state(const std::filesystem::path& path, const TrainingState& state);
/// Throws Error that names the file and what is not as write_training_state() leaves it.
TrainingState read_training_state(const std::filesystem::path& path);

/// The same without the file; messages name it `file`.
Safetensors training_state_content(const TrainingState& state);
TrainingState parse_training_state(const std::string& file, Safetensors content);

}  // namespace tern
