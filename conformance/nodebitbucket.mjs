// Reads and writes with the client "bitbucket", and prints what it got as one JSON object.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Bitbucket } = require('bitbucket');

const client = new Bitbucket({
  baseUrl: process.env.BASE_URL,
  auth: { username: process.env.EMAIL, password: process.env.API_TOKEN },
  notice: false,
});
const workspace = 'acme';
const repo_slug = 'plat-api';
const project_key = 'OPS';
const SSH =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@host';

const data = async call => (await call).data;

const me = await data(client.users.getAuthedUser({}));
const selected_user = me.uuid;

// Every page of a list, by the client's own paging.
async function pages(first) {
  const values = [];
  let page = await data(first);
  for (;;) {
    values.push(...page.values);
    if (!client.hasNextPage(page)) return values;
    page = await data(client.getNextPage(page));
  }
}

const members = await pages(client.workspaces.getMembersForWorkspace({ workspace, pagelen: 7 }));
const emails = await data(client.users.listEmailsForAuthedUser({}));
const projects = await data(client.workspaces.getProjects({ workspace }));
const rights = await pages(
  client.workspaces.listPermissionsForRepository({ workspace, repo_slug, pagelen: 3 }),
);

const key = await data(client.ssh.createKey({ selected_user, _body: { key: SSH, label: 'new' } }));
const changed = await data(
  client.ssh.updateKey({ selected_user, key_id: key.uuid, _body: { label: 'newer' } }),
);
await client.ssh.deleteKey({ selected_user, key_id: key.uuid });
const keys = await data(client.ssh.listKeys({ selected_user }));

const variable = await data(
  client.workspaces.createPipelineVariableForWorkspace({
    workspace,
    _body: { type: 'pipeline_variable', key: 'NEW', value: 'x', secured: true },
  }),
);
await client.workspaces.deletePipelineVariableForWorkspace({
  workspace,
  variable_uuid: variable.uuid,
});

const grants = await data(
  client.workspaces.listProjectUserPermissions({ workspace, project_key }),
);
const deploy = await data(client.repositories.listDeployKeys({ workspace, repo_slug }));
const environments = await data(client.repositories.listEnvironments({ workspace, repo_slug }));
const variables = await data(client.repositories.listPipelineVariables({ workspace, repo_slug }));
const found = await data(
  client.workspaces.searchAccount({ workspace, search_query: 'replicas' }),
);

console.log(
  JSON.stringify({
    me: me.nickname,
    members: members.length,
    emails: emails.values.map(e => e.email),
    projects: projects.values.length,
    rights: rights.length,
    label: changed.label,
    keys: keys.values.length,
    secured: variable.secured && variable.value === undefined,
    grants: grants.values.length,
    deploy: deploy.values.map(k => k.label),
    environments: environments.values.map(e => e.name),
    variables: variables.values.length,
    found: found.size,
  }),
);
