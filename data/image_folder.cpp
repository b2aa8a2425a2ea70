#include "tern/data/image_folder.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <unordered_map>

#include "tern/core/fnv1a.hpp"
#include "tern/core/random.hpp"
#include "tern/core/threads/parallel.hpp"
#include "tern/data/image.hpp"
#include "tern/data/image_file_reader.hpp"
#include "tern/data/image_files.hpp"

namespace tern {
namespace {

// FNV-1a over the size and the pixels. Two files that agree in it and in their samples are taken for one
// image.
std::uint64_t fingerprint(const Tensor& image) {
    Fnv1a hash;
    hash.add(static_cast<std::uint64_t>(image.dim(1)));
    for (const std::uint8_t byte : image.elements<std::uint8_t>()) hash.add(std::uint64_t{byte});
    return hash.value();
}

// What the files hold, in their order.
struct Images {
    Images(std::size_t count, std::int64_t side)
        : size(side),
          bytes(static_cast<std::size_t>(side * side * 3)),
          samples(count * bytes),
          fingerprints(count),
          failures(count) {}

    std::uint8_t* sample(std::size_t i) { return samples.data() + i * bytes; }

    std::int64_t size;
    std::size_t bytes;                  // of a sample
    std::vector<std::uint8_t> samples;  // (files, size, size, 3)
    std::vector<std::uint64_t> fingerprints;
    std::vector<std::string> failures;  // "" where there is none
};

Images read_all(const std::vector<ImageFiles::File>& files, std::int64_t size,
                const std::function<void(std::int64_t, std::int64_t)>& progress) {
    Images images(files.size(), size);
    const auto read = [&](std::size_t i) {
        try {
            const Tensor image = read_image(files[i].path);
            images.fingerprints[i] = fingerprint(image);
            std::memcpy(images.sample(i), fit_image(image, size).raw_data(), images.bytes);
        } catch (const Error& error) {
            images.failures[i] = error.what();
        }
    };
    constexpr std::int64_t kPiece = 64;  // between two looks at the clock
    const auto total = static_cast<std::int64_t>(files.size());
    for (std::int64_t done = 0; done < total;) {
        const std::int64_t piece = std::min(kPiece, total - done);
        parallel_for(piece, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) read(static_cast<std::size_t>(done + i));
        });
        done += piece;
        if (progress) progress(done, total);
    }
    return images;
}

// Sorts files into samples, failures and duplicates; returns the samples as places in the list of files.
std::vector<std::size_t> sift(const std::vector<ImageFiles::File>& files, Images& images,
                              bool keep_duplicates, ImageFolder& result) {
    std::vector<std::size_t> kept;
    std::unordered_multimap<std::uint64_t, std::size_t> seen;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (!images.failures[i].empty()) {
            if (looks_like_image(files[i].path))
                result.failures.push_back(images.failures[i]);
            else
                ++result.other_files;
            continue;
        }
        ++result.read;
        const auto [begin, end] = seen.equal_range(images.fingerprints[i]);
        const auto first = std::find_if(begin, end, [&](const auto& entry) {
            return std::memcmp(images.sample(entry.second), images.sample(i), images.bytes) == 0;
        });
        if (first != end) {
            result.duplicates.push_back({files[i].path.string(), files[first->second].path.string()});
            if (!keep_duplicates) continue;
        } else {
            seen.emplace(images.fingerprints[i], i);
        }
        kept.push_back(i);
    }
    return kept;
}

// Those that look like images, whatever is in them.
std::vector<std::size_t> sift_unread(const std::vector<ImageFiles::File>& files, ImageFolder& result) {
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < files.size(); ++i)
        looks_like_image(files[i].path) ? kept.push_back(i) : void(++result.other_files);
    return kept;
}

struct Sample {
    std::size_t file;
    std::int32_t label;
};

// Folders with samples become classes; labels count those only.
std::vector<Sample> label(const ImageFiles& list, const std::vector<std::size_t>& kept, ImageFolder& result) {
    std::vector<std::int32_t> labels(list.folders.size(), -1);
    for (const std::size_t file : kept) labels[list.files[file].folder] = 0;
    std::int32_t next = 0;
    for (std::size_t folder = 0; folder < labels.size(); ++folder) {
        if (labels[folder] < 0) {
            result.empty_classes.push_back(list.folders[folder]);
        } else {
            labels[folder] = next++;
            result.train.classes.push_back(list.folders[folder]);
        }
    }
    std::vector<Sample> samples;
    for (const std::size_t file : kept) samples.push_back({file, labels[list.files[file].folder]});
    return samples;
}

struct Splits {
    std::vector<Sample> train, test;
};

// FNV-1a of the file's place below the folder: another image more or less does not change it.
std::uint64_t name_of_file(const ImageFiles& list, std::size_t file) {
    Fnv1a hash;
    hash.add(list.files[file].path.lexically_relative(list.root).generic_string());
    return hash.value();
}

Splits split(const ImageFiles& list, const std::vector<Sample>& samples, std::size_t classes,
             const ImageFolderOptions& options) {
    const RandomStream stream{options.seed, RandomPurpose::split, 0};
    std::vector<std::pair<std::uint64_t, std::size_t>> order;
    std::vector<double> counts(classes);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        order.emplace_back(stream.bits64(name_of_file(list, samples[i].file)), i);
        counts[static_cast<std::size_t>(samples[i].label)] += 1;
    }
    std::ranges::sort(order);
    std::vector<std::int64_t> quotas;
    for (const double count : counts) quotas.push_back(std::llround(options.test_fraction * count));
    Splits splits;
    for (const auto& [key, i] : order) {
        if (const std::optional<Split> given = list.files[samples[i].file].split) {
            (*given == Split::test ? splits.test : splits.train).push_back(samples[i]);
            continue;
        }
        std::int64_t& quota = quotas[static_cast<std::size_t>(samples[i].label)];
        (quota > 0 ? splits.test : splits.train).push_back(samples[i]);
        --quota;
    }
    return splits;
}

// What nobody would otherwise notice before an evaluation.
void note_missing(const std::vector<Sample>& samples, const std::vector<std::string>& classes,
                  std::string_view what, std::vector<std::string>& notes) {
    std::vector<bool> there(classes.size());
    for (const Sample& sample : samples) there[static_cast<std::size_t>(sample.label)] = true;
    for (std::size_t k = 0; k < classes.size(); ++k) {
        if (!there[k]) notes.push_back(to_text("class ", classes[k], " has no ", what, " sample"));
    }
}

Dataset unread_dataset(const ImageFiles& list, const std::vector<Sample>& samples,
                       const ImageFolderOptions& options, const std::vector<std::string>& classes,
                       const std::string& source) {
    std::vector<std::filesystem::path> files;
    std::vector<std::int32_t> labels;
    for (const Sample& sample : samples) {
        files.push_back(list.files[sample.file].path);
        labels.push_back(sample.label);
    }
    return {{},
            Tensor::from({std::ssize(labels)}, labels),
            classes,
            source,
            std::make_shared<ImageFileReader>(std::move(files), options.size)};
}

Dataset make_dataset(Images& images, const std::vector<Sample>& samples,
                     const std::vector<std::string>& classes, const std::string& source) {
    const auto count = static_cast<std::int64_t>(samples.size());
    Dataset dataset{Tensor::empty({count, images.size, images.size, 3}, DType::uint8),
                    Tensor::empty({count}, DType::int32), classes, source};
    for (std::int64_t i = 0; i < count; ++i) {
        const Sample& sample = samples[static_cast<std::size_t>(i)];
        dataset.targets.data<std::int32_t>()[i] = sample.label;
        std::memcpy(dataset.samples.slice(i, i + 1).raw_data(), images.sample(sample.file), images.bytes);
    }
    return dataset;
}

}  // namespace

ImageFolder read_image_folder(const std::filesystem::path& folder, const ImageFolderOptions& options,
                              const std::function<void(std::int64_t, std::int64_t)>& progress) {
    const std::string where = folder.string();
    TERN_CHECK(options.test_fraction > 0 && options.test_fraction < 1, where,
               "the fraction of tests must be above 0 and below 1, got ", options.test_fraction);
    TERN_CHECK(options.size >= 1 && options.size <= ImageFolderOptions::kMostSize, where,
               "the size of samples must be 1 to ", ImageFolderOptions::kMostSize, ", got ", options.size);
    const ImageFiles list = list_image_files(folder);
    const bool read = !options.stay_on_disk;
    Images images = read ? read_all(list.files, options.size, progress) : Images(0, options.size);
    ImageFolder result;
    result.notes = list.notes;
    result.has_splits = list.has_splits;
    const std::vector<std::size_t> kept =
        read ? sift(list.files, images, options.keep_duplicates, result) : sift_unread(list.files, result);
    const std::vector<Sample> samples = label(list, kept, result);
    const std::vector<std::string> classes = result.train.classes;
    const Splits splits = split(list, samples, classes.size(), options);
    TERN_CHECK(!splits.train.empty() && !splits.test.empty(), where, "gives ", splits.train.size(),
               " training and ", splits.test.size(), " test samples, at least one of each is needed",
               result.failures.empty() ? "" : "; the first image that cannot be read: ",
               result.failures.empty() ? "" : result.failures.front());
    note_missing(splits.train, classes, "training", result.notes);
    note_missing(splits.test, classes, "test", result.notes);
    const auto dataset = [&](const std::vector<Sample>& chosen) {
        return read ? make_dataset(images, chosen, classes, where)
                    : unread_dataset(list, chosen, options, classes, where);
    };
    result.train = dataset(splits.train);
    result.test = dataset(splits.test);
    return result;
}

}  // namespace tern
