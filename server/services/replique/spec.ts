/** The OpenAPI description of `/api/replique`. @param base path of the server, with a slash at its end */
export const openApi = (version: string, base: string): string => `openapi: 3.1.0
info:
  title: Replique
  summary: Runs a notebook's cells without a browser.
  description: >-
    Sessions are Jupyter's: POST /api/sessions with path, type "notebook" and kernel makes one. What a cell comes to is in the
    notebook when it is opened or when the kernel has nothing more to do; the events tell of it while it happens.
  version: ${JSON.stringify(version)}
  license: { name: MIT, identifier: MIT }
servers:
  - url: ${JSON.stringify(base)}
security:
  - token: []
  - bearer: []
paths:
  /api/replique/sessions/{id}/prompt:
    post:
      operationId: prompt
      summary: Runs a text in a new cell at the end of the notebook, or a cell that is there.
      parameters: [{ $ref: '#/components/parameters/session' }]
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: '#/components/schemas/Prompt' }
            examples:
              text: { value: { prompt: 'Which of these runs were slow?' } }
              cell: { value: { cell_id: 'a3f0be52' } }
      responses:
        '202':
          description: It runs, or waits for the cells before it.
          headers:
            Location: { description: 'Its events.', schema: { type: string } }
          content:
            application/json:
              schema: { $ref: '#/components/schemas/Started' }
        '400': { $ref: '#/components/responses/Refused' }
        '403': { $ref: '#/components/responses/Refused' }
        '404': { $ref: '#/components/responses/Refused' }
        '409': { $ref: '#/components/responses/Refused' }
        '429': { $ref: '#/components/responses/Refused' }
  /api/replique/sessions/{id}/events:
    get:
      operationId: events
      summary: What happens to the session's cells, as Server-Sent Events.
      description: >-
        With \`run\` from that run's beginning to its end; without it from now on. A client that comes back with Last-Event-ID gets
        what it has missed, or the event "missed" where that is not kept any more: then the notebook has it. A comment comes every
        15 seconds where nothing happens. With \`running=1\` an event "running" comes first for each cell that runs or waits, with what it
        has shown so far, then what follows, until all of them have ended.
      parameters:
        - $ref: '#/components/parameters/session'
        - { name: run, in: query, schema: { type: string, minLength: 1, maxLength: 200 } }
        - { name: running, in: query, description: Not together with run., schema: { const: '1' } }
        - { name: Last-Event-ID, in: header, schema: { type: string } }
      responses:
        '200':
          description: 'Events: running, started, output, finished, missed.'
          content:
            text/event-stream:
              schema: { $ref: '#/components/schemas/Event' }
        '204': { description: 'With running=1: nothing runs.' }
        '400': { $ref: '#/components/responses/Refused' }
        '403': { $ref: '#/components/responses/Refused' }
        '404': { $ref: '#/components/responses/Refused' }
        '503': { $ref: '#/components/responses/Refused' }
components:
  securitySchemes:
    token: { type: apiKey, in: header, name: Authorization, description: 'The word token, a space, and the token.' }
    bearer: { type: http, scheme: bearer }
  parameters:
    session:
      { name: id, in: path, required: true, description: Id of a session of a notebook., schema: { type: string } }
  responses:
    Refused:
      description: Why not, in a sentence.
      content:
        application/json:
          schema: { $ref: '#/components/schemas/Error' }
  schemas:
    Prompt:
      anyOf:
        - type: object
          required: [prompt]
          additionalProperties: false
          properties:
            prompt: { type: string, minLength: 1, maxLength: 500000 }
        - type: object
          required: [cell_id]
          additionalProperties: false
          properties:
            cell_id: { type: string, minLength: 1, maxLength: 1000 }
    Started:
      type: object
      required: [run, cell_id, events]
      properties:
        run: { type: string, description: 'Id of the run: msg_id of its execute_request.' }
        cell_id: { type: string }
        events: { type: string, description: Where its events are. }
    Event:
      type: object
      description: The data of an event. Of "missed" it is empty.
      properties:
        run: { type: string }
        cell_id: { type: string }
        prompt: { type: string, description: 'started: what runs' }
        type:
          description: 'output: the type of the kernel''s message'
          enum: [stream, display_data, update_display_data, execute_result, error, clear_output]
        content: { type: object, description: 'output: the content of the kernel''s message' }
        messages:
          type: array
          description: 'running: what it has shown so far'
          items: { type: object, required: [type, content], properties: { type: { type: string }, content: { type: object } } }
        status: { description: 'finished: how', enum: [ok, error, aborted, died] }
        execution_count: { type: [integer, 'null'], description: 'running, finished: the number beside the cell' }
    Error:
      type: object
      required: [message, reason]
      properties:
        message: { type: string }
        reason: { type: [string, 'null'] }
`;
