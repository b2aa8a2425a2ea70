// The sums of a checkpoint's files.
#include "tern/training/checksum.hpp"

#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;
using fuzz::require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::as_text({data, size});
    fuzz::read_or_refuse([&] {
        const std::vector<FileSum> sums = parse_sums(fuzz::kName, text);
        require(sums_text(sums) == text, "sums change when written");
        for (const auto& [sum, name] : sums)
            require(name.find('/') == std::string::npos && name != "..", "a name leads out of the folder");
    });
    return 0;
}
