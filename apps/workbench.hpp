// What a run of training works with.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tern/apps/train_flags.hpp"
#include "tern/data/dataset.hpp"
#include "tern/data/normalization.hpp"
#include "tern/layers/module.hpp"

namespace tern::apps {

struct Workbench {
    Dataset train_set, test_set;  // no test set for a run of steps
    Normalization normalization;
    std::unique_ptr<Module> model;
    std::vector<std::string> notes;  // about the weights to start from
};

/// Reads and checks all of it. The weights are those of the file `checkpoint`, else of --init, else drawn from the
/// seed. Throws Error that names the file.
Workbench make_workbench(const TrainSettings& settings,
                         const std::optional<std::filesystem::path>& checkpoint);

}  // namespace tern::apps
