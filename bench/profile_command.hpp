#pragma once

namespace tern::bench {

/// Whether the command line asks for --profile, which takes flags of its own.
bool asks_for_profile(int argc, char** argv);

/// tern-bench --profile [MODEL] ...; throws apps::UsageError for a wrong flag.
void run_profile(int argc, char** argv);

}  // namespace tern::bench
