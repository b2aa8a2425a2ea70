// What is needed to use a weight file, also of one that does not say it.
#pragma once

#include <memory>
#include <string>

#include "tern/training/weights.hpp"

namespace tern {

/// What the file says about itself. Where it says nothing: the model `named`, classes "class 0", "class 1", ..., as many as the
/// last parameter has elements, and images as the model's own. `normalization`: "unit" or "half"; "": as the file says, else
/// the model's published one. Throws Error where neither the file nor the caller names the model or both name others, for another
/// normalisation, and where the number of classes cannot be told.
WeightsInfo complete_info(const Weights& weights, const std::string& named = "",
                          const std::string& normalization = "");

/// A new model for such images and classes, on the CPU.
std::unique_ptr<Module> model_for(const WeightsInfo& info);

}  // namespace tern
