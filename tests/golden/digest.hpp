// What the golden files keep of a large tensor, and how far another one is from it.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "tern/kernels/cases/cases.hpp"
#include "tern/tests/golden/golden_file.hpp"
#include "tern/tests/golden/hashed.hpp"

namespace tern::test {

class Digest {
  public:
    /// `name` of the tensor, from which signs and samples follow.
    Digest(std::string name, const Json& json)
        : name_(std::move(name)),
          norm_(json["norm"]),
          projections_(json["projections"].get<std::vector<double>>()),
          samples_(json.value("samples", std::vector<double>{})) {}

    double norm() const { return norm_; }

    /// What can be seen of the error e of `tensor`, each in norms of the true tensor: the errors of norm and
    /// samples, which are at most |e|, and of projections, whose squares have the mean |e|^2.
    std::vector<double> errors(const Tensor& tensor) const {
        const std::vector<double> values = cases::to_doubles(tensor);
        double squares = 0;
        for (const double value : values) squares += value * value;
        std::vector<double> found = projection_errors(values);
        found.push_back((std::sqrt(squares) - norm_) / norm_);
        const auto count = static_cast<std::int64_t>(values.size());
        const Hashed hashed("sample/" + name_);
        for (std::size_t j = 0; j < samples_.size(); ++j) {
            const auto place = static_cast<std::int64_t>(j);
            const std::int64_t i = samples_.size() == values.size() ? place : hashed.integer(place, count);
            found.push_back((values[static_cast<std::size_t>(i)] - samples_[j]) / norm_);
        }
        return found;
    }

    /// |e| / |truth| as the projections tell it: the root of their mean square. The square is an unbiased
    /// estimate; with 16 projections the root's standard deviation is about 1 / sqrt(32), 18 %.
    double estimated_distance(const Tensor& tensor) const {
        double squares = 0;
        for (const double error : projection_errors(cases::to_doubles(tensor))) squares += error * error;
        return std::sqrt(squares / static_cast<double>(projections_.size()));
    }

  private:
    std::vector<double> projection_errors(const std::vector<double>& values) const {
        std::vector<double> found;
        for (std::size_t k = 0; k < projections_.size(); ++k) {
            const Hashed direction("direction/" + std::to_string(k) + "/" + name_);
            double sum = 0;
            for (std::size_t i = 0; i < values.size(); ++i) {
                sum += direction.sign(static_cast<std::int64_t>(i)) * values[i];
            }
            found.push_back((sum - projections_[k]) / norm_);
        }
        return found;
    }

    std::string name_;
    double norm_;
    std::vector<double> projections_, samples_;
};

}  // namespace tern::test
