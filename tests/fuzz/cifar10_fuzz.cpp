// CIFAR-10's layout. Input: the text of batches.meta.txt up to the first zero byte, then a batch.
#include <algorithm>
#include <cstring>

#include "tern/data/cifar10_format.hpp"
#include "tern/data/class_names.hpp"
#include "tern/tests/fuzz/fuzz.hpp"

using namespace tern;
using fuzz::require;

namespace {

std::vector<std::string> read_classes(const std::string& text) {
    const std::vector<std::string> classes = parse_class_names(fuzz::kName, text);
    std::string again;
    for (const std::string& name : classes) again += name + '\n';
    require(parse_class_names(fuzz::kName, again) == classes, "class names change when written");
    return classes;
}

void read_batch(std::span<const std::byte> bytes, const std::vector<std::string>& classes) {
    const std::int64_t count = cifar10::sample_count(fuzz::kName, std::ssize(bytes));
    const Dataset set{Tensor::empty({count, 32, 32, 3}, DType::uint8), Tensor::empty({count}, DType::int32),
                      classes};
    cifar10::decode(fuzz::kName, bytes, set);
    require(std::ranges::equal(cifar10::encode(set), bytes), "samples change when written");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span input(data, size);
    const std::string_view text = fuzz::as_text(input).substr(0, fuzz::as_text(input).find('\0'));
    fuzz::read_or_refuse([&] {
        const std::vector<std::string> classes = read_classes(std::string(text));
        if (classes.size() <= cifar10::kMostClasses)
            read_batch(std::as_bytes(input.subspan(std::min(text.size() + 1, size))), classes);
    });
    return 0;
}
