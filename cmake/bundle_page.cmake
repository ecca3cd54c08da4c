# cmake -DWEB=FOLDER -DOUT=FOLDER -DWANTED=ON -P bundle_page.cmake
# Bundles the page's sources in WEB and writes OUT/bundle.cpp, which holds all of it, or why it is not there
# (src/control/page/bundle.hpp). npm is asked for its packages only when WEB/package-lock.json is another one than
# the last time, so that what was built once builds again without a network. Without Node or a network it goes on.
set(work ${OUT}/web)        # a copy, since packages are looked for beside the sources
set(bundle ${OUT}/bundle)
set(stamp ${OUT}/npm.stamp) # the lock file of the packages that are there

function(run program)
    execute_process(COMMAND ${program} ${ARGN} WORKING_DIRECTORY ${work} RESULT_VARIABLE status
                    OUTPUT_VARIABLE said ERROR_VARIABLE said)
    string(JOIN " " arguments ${ARGN})
    file(APPEND ${OUT}/log.txt "${program} ${arguments}\n${said}\n")
    set(status "${status}" PARENT_SCOPE)
    set(said "${said}" PARENT_SCOPE)
endfunction()

# What fails with Node and the packages there is a mistake in the sources.
function(must_run)
    run(${ARGN})
    if(NOT status STREQUAL "0")
        message(FATAL_ERROR "${said}")
    endif()
endfunction()

# Sets `missing`: empty when the bundle is there.
function(make_bundle)
    set(missing "" PARENT_SCOPE)
    if(NOT WANTED)
        set(missing "it was built with VISOR_PAGE=OFF" PARENT_SCOPE)
        return()
    endif()
    if(NOT EXISTS ${WEB}/build.mjs)
        set(missing "its sources (web/) were not there when it was built" PARENT_SCOPE)
        return()
    endif()
    find_program(node node NO_CACHE)
    find_program(npm npm NO_CACHE)
    if(NOT node OR NOT npm)
        set(missing "Node and npm were not there when it was built" PARENT_SCOPE)
        return()
    endif()
    run(${node} -p "+process.versions.node.split('.')[0] >= 18")
    if(NOT said MATCHES "true")
        set(missing "Node was older than 18 when it was built" PARENT_SCOPE)
        return()
    endif()
    file(GLOB parts RELATIVE ${WEB} ${WEB}/*)
    list(REMOVE_ITEM parts node_modules)
    file(GLOB old ${work}/*)
    list(REMOVE_ITEM old ${work}/node_modules)
    file(REMOVE_RECURSE ${old} ${bundle})
    foreach(part IN LISTS parts)
        file(COPY ${WEB}/${part} DESTINATION ${work})
    endforeach()
    file(SHA256 ${work}/package-lock.json lock)
    set(last "")
    if(EXISTS ${stamp})
        file(READ ${stamp} last)
    endif()
    if(NOT last STREQUAL lock)
        run(${npm} ci --omit=dev --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=20000)
        if(NOT status STREQUAL "0")
            set(missing "npm could not get its packages when it was built" PARENT_SCOPE)
            return()
        endif()
        file(WRITE ${stamp} ${lock})
    endif()
    must_run(${node} build.mjs ${bundle})
    file(GLOB assets ${bundle}/assets/*)
    must_run(${node} ${CMAKE_CURRENT_LIST_DIR}/compress.mjs ${assets})
endfunction()

# Appends to `code` the bytes of a file as the array page_NUMBER, and its hash, by which compilers' caches know it.
function(embed number path)
    file(SHA256 ${path} hash)
    string(APPEND code "// ${hash}\n"
        "asm(\".pushsection .rodata\\npage_${number}: .incbin \\\"${path}\\\"\\npage_${number}_end: .byte 0\\n\"\n"
        "    \".popsection\");\n"
        "extern \"C\" const char page_${number}[], page_${number}_end[];\n")
    set(code "${code}" PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY ${work})
file(WRITE ${OUT}/log.txt "")
make_bundle()
if(missing)
    message("the page is not included: ${missing} (${OUT}/log.txt)")
endif()
set(code "")
set(files "")
set(report "{}")
if(NOT missing)
    file(GLOB assets RELATIVE ${bundle} ${bundle}/assets/*)
    list(FILTER assets EXCLUDE REGEX "\\.gz$")
    set(number 0)
    foreach(path IN LISTS assets ITEMS index.html report.html)
        embed(${number} ${bundle}/${path})
        set(bytes "{page_${number}, page_${number}_end}")
        set(packed "{}")
        math(EXPR number "${number} + 1")
        if(EXISTS ${bundle}/${path}.gz)
            embed(${number} ${bundle}/${path}.gz)
            set(packed "{page_${number}, page_${number}_end}")
            math(EXPR number "${number} + 1")
        endif()
        if(path STREQUAL "report.html")
            set(report "${bytes}")
        else()
            string(APPEND files "    {\"${path}\", ${bytes}, ${packed}},\n")
        endif()
    endforeach()
endif()
file(WRITE ${OUT}/bundle.cpp.new "// Made by cmake/bundle_page.cmake.\n#include \"control/page/bundle.hpp\"\n\n${code}\n"
"namespace visor::page {

std::span<const BundledFile> bundled_files() {
    static const std::vector<BundledFile> files = {\n${files}    };
    return files;
}

std::string_view bundled_report() {
    return ${report};
}

std::string_view why_not_bundled() {
    return \"${missing}\";
}

} // namespace visor::page
")
file(RENAME ${OUT}/bundle.cpp.new ${OUT}/bundle.cpp)
