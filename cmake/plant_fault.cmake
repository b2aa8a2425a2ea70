# Writes ${planted}: ${source} with its one occurrence of ${find} replaced by ${replace}.
file(READ ${source} text)
string(FIND "${text}" "${find}" first)
string(FIND "${text}" "${find}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "${source} must hold \"${find}\" exactly once to have it replaced by \"${replace}\"")
endif()
string(REPLACE "${find}" "${replace}" text "${text}")
file(WRITE ${planted} "${text}")
