"""Who acts: people, organisations, groups and the instance itself, ours and others', with their keys and relations."""
