#pragma once

namespace tern::bench {

/// Whether the command line asks for --inference, which takes flags of its own.
bool asks_for_inference(int argc, char** argv);

/// tern-bench --inference [MODEL] ...; throws apps::UsageError for a wrong flag.
void run_inference(int argc, char** argv);

}  // namespace tern::bench
