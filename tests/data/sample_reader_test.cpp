// Images that are read when they are asked for are those of the set in memory.
#include "tern/data/sample_reader.hpp"

#include <algorithm>

#include "tern/core/random.hpp"
#include "tern/data/channel_statistics.hpp"
#include "tern/data/image_folder.hpp"
#include "tern/data/prepared_images.hpp"
#include "tern/data/sample_sheet.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/data/made_images.hpp"
#include "tern/tests/data/memory_reader.hpp"
#include "tern/tests/temporary_folder.hpp"

using namespace tern;

namespace {

template <class T>
std::vector<T> values_of(const Tensor& tensor) {
    const std::span<const T> values = tensor.elements<T>();
    return {values.begin(), values.end()};
}

Tensor every_number(std::int64_t count) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t i = 0; i < count; ++i) numbers.push_back(i);
    return Tensor::from({count}, numbers);
}

struct Pets {
    Pets() {
        for (const char* name : {"cat", "dog"})
            for (int i = 0; i < 12; ++i)
                test::write_text(folder.made(name) / to_text(i, i % 2 == 0 ? ".png" : ".jpg"), image(i));
    }
    static std::string image(int i) {
        const int width = 20 + i, height = 31 - i;
        const test::Samples noise = test::noise(width, height);
        return i % 2 == 0 ? test::make_png(width, height, noise) : test::make_jpeg(width, height, noise);
    }
    struct Folder : test::TemporaryFolder {
        std::filesystem::path made(const std::string& name) const {
            std::filesystem::create_directories(*this / name);
            return *this / name;
        }
    } folder;
};

}  // namespace

TEST_CASE("a folder that stays on the disk has the samples of one that is read") {
    const Pets pets;
    const ImageFolder read = read_image_folder(pets.folder.path(), {.size = 16, .keep_duplicates = true}),
                      unread = read_image_folder(pets.folder.path(), {.size = 16, .stay_on_disk = true});
    for (const auto& [got, expected] : {std::pair{unread.train, read.train}, {unread.test, read.test}}) {
        check_labelled_images("test", got);
        CHECK(got.classes == expected.classes);
        CHECK(got.sample_shape() == expected.sample_shape());
        CHECK(values_of<std::int32_t>(got.targets) == values_of<std::int32_t>(expected.targets));
        CHECK(values_of<std::uint8_t>(got.gather(every_number(got.size()))) ==
              values_of<std::uint8_t>(expected.samples));
        const ChannelStatistics statistics = channel_statistics(got), same = channel_statistics(expected);
        CHECK(statistics.mean == same.mean);
        CHECK(statistics.variance == same.variance);
        CHECK(values_of<std::uint8_t>(sample_sheet(got)) == values_of<std::uint8_t>(sample_sheet(expected)));
    }
    check_splits("test", unread.train, unread.test);
    CHECK(unread.train.reader->signature() != unread.test.reader->signature());
    CHECK(
        read_image_folder(pets.folder.path(), {.size = 16, .stay_on_disk = true}).train.reader->signature() ==
        unread.train.reader->signature());
}

TEST_CASE("what cannot be read is named when it is asked for, and what is no image is no sample") {
    const Pets pets;
    test::write_text(pets.folder.made("cat") / "notes.txt", "not an image");
    const std::filesystem::path broken = pets.folder.made("dog") / "broken.png";
    test::write_text(broken, Pets::image(0).substr(0, 200));
    pets.folder.made("bird");
    const ImageFolder unread = read_image_folder(pets.folder.path(), {.size = 16, .stay_on_disk = true});
    CHECK(unread.other_files == 1);
    CHECK(unread.empty_classes == std::vector<std::string>{"bird"});
    CHECK(unread.train.size() + unread.test.size() == 25);
    int failures = 0;
    for (const Dataset& split : {unread.train, unread.test})
        for (std::int64_t i = 0; i < split.size(); ++i) try {
                split.gather(Tensor::full({1}, static_cast<double>(i), DType::int64));
            } catch (const Error& error) {
                CHECK(error.where() == broken.string());
                CHECK_THAT(error.rule(), Catch::EndsWith(to_text(" (sample ", i, ')')));
                ++failures;
            }
    CHECK(failures == 1);
    CHECK_THROWS_WITH(unread.train.gather(Tensor::full({1}, 99, DType::int32)),
                      test::at(pets.folder.path()) + "sample 99 is outside [0, 20)");
    CHECK_THROWS_WITH(unread.train.slice(0, 1),
                      test::at(pets.folder.path()) + "is read sample by sample, and has no slices");
}

TEST_CASE("gathered images are prepared as those of the whole set") {
    const Dataset set = make_synthetic({.train_samples = 60, .classes = 4}, Split::train),
                  unread = test::read_from(set);
    const Tensor scale = Tensor::full({3}, 0.01), shift = Tensor::full({3}, -1);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const RandomStream draws{seed, RandomPurpose::user, 0};
        const auto draw = [&](std::uint64_t i, std::uint32_t count) { return draws.bits32(i) % count; };
        PrepareImagesParams params{.crop_padding = draw(0, 5), .flip = draw(1, 2) == 1, .seed = seed};
        params.epoch = draw(2, 9);
        params.rotate = draw(3, 2) * 20;
        params.cutout = draw(4, 9);
        params.hue = draw(5, 2) * 0.1;
        params.mixup = draw(6, 2) * 0.4;
        params.cutmix = draw(7, 2);
        std::vector<std::int32_t> numbers;
        for (std::uint64_t i = 0; i < 7; ++i) numbers.push_back(static_cast<std::int32_t>(draw(10 + i, 60)));
        const Tensor samples = Tensor::from({7}, numbers),
                     partners = draw(8, 2) == 0 ? Tensor() : Tensor::from<std::int32_t>({3}, {5, 6, 50});
        CHECK(values_of<float>(
                  prepared_images(unread, samples, scale, shift, DType::float32, params, partners)) ==
              values_of<float>(
                  prepare_images(set.samples, samples, scale, shift, DType::float32, params, partners)));
    }
}
