// Rank 0's record of the operations that the ranks have begun: whom the others wait for, and who does another one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tern {

class Arrivals {
  public:
    explicit Arrivals(int ranks) : begun_(ranks, 0) {}

    /// Rank `rank` begins operation `number`, the one after its last. Returns difference() of what is known of the
    /// operation: "" while the ranks agree.
    std::string add(int rank, std::int64_t number, const std::string& description);
    /// Ranks that have not begun operation `number`.
    std::vector<int> missing(std::int64_t number) const;

  private:
    std::vector<std::int64_t> begun_;                             // by rank, how many
    std::map<std::int64_t, std::vector<std::string>> described_;  // those that not all have begun
};

}  // namespace tern
