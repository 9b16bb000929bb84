#compdef map4

_map4_completion() {
    local -a completions
    local -a completions_with_descriptions
    local -a response
    (( ! $+commands[map4] )) && return 1

    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) _MAP4_COMPLETE=zsh_complete map4)}")

    for type key descr in ${response}; do
        if [[ "$type" == "plain" ]]; then
            if [[ "$descr" == "_" ]]; then
                completions+=("$key")
            else
                completions_with_descriptions+=("$key":"$descr")
            fi
        elif [[ "$type" == "dir" ]]; then
            _path_files -/
        elif [[ "$type" == "file" ]]; then
            _path_files -f
        fi
    done

    if [ -n "$completions_with_descriptions" ]; then
        _describe -V unsorted completions_with_descriptions -U
    fi

    if [ -n "$completions" ]; then
        local -a ending
        [[ $completions[1] == *: ]] && ending=(-S '')
        compadd -U -V unsorted "${ending[@]}" -a completions
    fi
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    # autoload from fpath, call function directly
    _map4_completion "$@"
else
    # eval/source/. command, register function for later
    compdef _map4_completion map4
fi
