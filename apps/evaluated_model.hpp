// Models as they are evaluated: with weights from a file, and made ready for it.
#pragma once

#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "tern/apps/runtime_flags.hpp"
#include "tern/data/dataset.hpp"
#include "tern/layers/module.hpp"
#include "tern/training/calibration.hpp"
#include "tern/training/weights.hpp"

namespace tern::apps {

/// Throws UsageError where neither the file nor --model, which is `named`, says what model the weights are of.
void check_model_is_known(const Weights& weights, bool named);

/// Throws Error where the file's classes or images are not those of `data`. `info`: complete_info() of the file.
void check_data_fits(const Weights& weights, const WeightsInfo& info, const Dataset& data);

/// The model `name` for such samples with these weights, on the device of `runtime`; on the CPU batch norms are folded.
/// Throws Error where the file is of another model, or its classes are not those of `data`.
std::unique_ptr<Module> load_evaluated_model(const std::string& name, const Weights& weights,
                                             const Dataset& data, const Runtime& runtime);

// As JSON: rows of the matrix, and `error` and `bins`.
nlohmann::ordered_json confusion_json(const Tensor& confusion);
nlohmann::ordered_json calibration_json(const Calibration& calibration);

}  // namespace tern::apps
